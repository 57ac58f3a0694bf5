import '../harness/no-colour.js';
import { describe } from 'vitest';

const { panelMatrixTest } = await import('../harness/panel-matrix.js');
describe('the panel, without colour', () => panelMatrixTest(true));
