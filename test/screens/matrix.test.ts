import { describe } from 'vitest';
import { matrixTest } from '../harness/matrix.js';

describe('with colour', () => matrixTest(false));
