import type * as Real from '../../src/models/catalogue.data';
import type * as Tests from './catalogue.data';

/**
 * In e2e suites the app knows the models of `catalogue.data.ts` beside this file; those have no last day. A suite about
 * the real models calls `jest.unmock('../src/models/catalogue.data')` and sets the days that it needs.
 */
jest.mock('../../src/models/catalogue.data', () => ({
  ...jest.requireActual<typeof Real>('../../src/models/catalogue.data'),
  CATALOGUE: jest.requireActual<typeof Tests>('./catalogue.data').TEST_CATALOGUE,
}));
