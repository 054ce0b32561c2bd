import type { Server } from 'node:http';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AgentService } from './agent/agent.service';
import { SocketGateway } from './chat/socket/socket.gateway';
import { Lifecycle } from './common/lifecycle';
import { ModelsService } from './models/models.service';

/** What answers may take to reach their clients once nothing more is being worked on. */
const LAST_ANSWERS_MS = 2000;

/**
 * Takes the app down in order: no new work, the running turns and streams to their end or the grace's, the last answers out, then
 * the app itself.
 */
export async function shutDown(app: NestExpressApplication, graceMs: number): Promise<void> {
  app.get(Lifecycle).beginShutdown();
  app.get(SocketGateway, { strict: false }).goAway();
  // Resolved before anything closes; the agent's own calls are booked with their turns.
  await Promise.all([
    app.get(AgentService).drain(graceMs),
    app.get(ModelsService, { strict: false }).drain(graceMs),
  ]);
  await closeServer(app.getHttpServer());
  await app.close();
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LAST_ANSWERS_MS);
  });
  await Promise.race([closed, deadline]);
  clearTimeout(timer);
  server.closeAllConnections();
}
