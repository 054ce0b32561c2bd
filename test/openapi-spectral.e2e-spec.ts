import { describeLinter } from './support/api-linters';

jest.setTimeout(120_000);

describeLinter('spectral', (document) => {
  document.paths['/api/tasks']!.get!.operationId = 'createTask';
});
