import { describeLinter } from './support/api-linters';

jest.setTimeout(120_000);

describeLinter('swagger-parser', (document) => delete document.info);
describeLinter('redocly', (document) => (document.servers = []));
