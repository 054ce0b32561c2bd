/**
 * Lints an OpenAPI document: `node lint.mjs LINTER FILE` prints its faults as JSON. Runs in a separate process, because
 * the linters' module loaders and Jest's are incompatible.
 */
import { readFileSync } from 'node:fs';

/** Spectral's severity for an error. */
const SPECTRAL_ERROR = 0;

const linters = {
  async 'swagger-parser'(document) {
    const { default: SwaggerParser } = await import('@apidevtools/swagger-parser');
    return SwaggerParser.validate(document).then(
      () => [],
      (error) => [error.message],
    );
  },

  async redocly(document) {
    const { createConfig, lintFromString } = await import('@redocly/openapi-core');
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    return problems
      .filter(({ severity }) => severity === 'error')
      .map(({ ruleId, message, location: [place] }) => `${ruleId} at ${place?.pointer}: ${message}`);
  },

  async spectral(document) {
    const { default: core } = await import('@stoplight/spectral-core');
    const { default: rulesets } = await import('@stoplight/spectral-rulesets');
    const spectral = new core.Spectral();
    spectral.setRuleset({ extends: [rulesets.oas] });
    const problems = await spectral.run(document);
    return problems
      .filter(({ severity }) => severity === SPECTRAL_ERROR)
      .map(({ code, message, path }) => `${code} at ${path.join('/')}: ${message}`);
  },
};

const [linter, file] = process.argv.slice(2);
const faults = await linters[linter](JSON.parse(readFileSync(file, 'utf8')));
process.stdout.write(JSON.stringify(faults));
