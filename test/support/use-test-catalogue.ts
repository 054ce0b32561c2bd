import type * as Real from '../../src/models/catalogue.data';
import type * as Tests from './catalogue.data';

/**
 * In e2e suites the app knows the models of `catalogue.data.ts` beside this file, which do not end. A suite about the real
 * ones says `jest.unmock('../src/models/catalogue.data')`, and names the days that it is about.
 */
jest.mock('../../src/models/catalogue.data', () => ({
  ...jest.requireActual<typeof Real>('../../src/models/catalogue.data'),
  CATALOGUE: jest.requireActual<typeof Tests>('./catalogue.data').TEST_CATALOGUE,
}));
