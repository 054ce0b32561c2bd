import { readFileSync } from 'node:fs';

const compose = readFileSync('docker-compose.yml', 'utf8');
const listed = (pattern: RegExp): string[] => [...compose.matchAll(pattern)].map(([, found]) => found!);

describe('docker-compose.yml', () => {
  it('publishes nothing beyond this machine, for Redis asks for no password', () => {
    const published = listed(/^ {6}- (\S+:\d+)$/gm);
    expect(published).toHaveLength(3);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('has a volume for what is to outlive its container, and no other', () => {
    expect(listed(/^ {2}([a-z]+-data):$/gm)).toEqual(['app-data', 'postgres-data']);
    expect(listed(/^ {6}- ([a-z]+-data):/gm)).toEqual(['app-data', 'postgres-data']);
  });
});
