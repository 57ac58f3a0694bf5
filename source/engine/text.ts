/** A sentence for the operator in every language of the product. Both stand side by side where the sentence is made. */
export interface Text {
  en: string;
  zh: string;
}

export type Language = keyof Text;
