import '../harness/no-colour.js';
import { describe } from 'vitest';
import { matrixTest } from '../harness/matrix.js';

describe('without colour', () => matrixTest(true));
