import { rmSync } from 'node:fs';

export default async function tearDown(): Promise<void> {
  const { server, folder } = globalThis.testPostgres;
  await server.stop();
  rmSync(server.dataFolder, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}
