import { describe } from 'vitest';
import { panelMatrixTest } from '../harness/panel-matrix.js';

describe('the panel, with colour', () => panelMatrixTest(false));
