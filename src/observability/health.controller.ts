import { Controller, Get, Res } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Response } from 'express';
import { Lifecycle } from '../common/lifecycle';
import { Public } from '../common/public.decorator';
import { Settings } from '../config/settings';
import { Database } from '../database/database.service';
import { sql } from '../database/sql';

const PING_TIMEOUT_MS = 2000;

class HealthView {
  @ApiProperty({ enum: ['healthy', 'unhealthy'] })
  status!: 'healthy' | 'unhealthy';

  @ApiProperty({ enum: ['connected', 'disconnected'] })
  database!: 'connected' | 'disconnected';

  @ApiProperty({ type: String, enum: ['openai', 'simulator', 'not_configured'] })
  upstream!: Settings['upstream'];

  @ApiProperty({ type: 'integer', example: 3600 })
  uptime_seconds!: number;
}

class LiveView {
  @ApiProperty({ enum: ['live'] })
  status!: 'live';
}

class ReadyView {
  @ApiProperty({ enum: ['ready', 'shutting_down', 'not_ready'] })
  status!: 'ready' | 'shutting_down' | 'not_ready';
}

@ApiTags('health')
@Public()
@Controller()
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly lifecycle: Lifecycle,
  ) {}

  @Get(['health', 'api/health'])
  @ApiOperation({ summary: 'Whether the server and its database work, and who answers model calls' })
  @ApiOkResponse({ type: HealthView, description: 'All works' })
  @ApiServiceUnavailableResponse({ type: HealthView, description: 'Something does not work' })
  async health(@Res({ passthrough: true }) response: Response): Promise<HealthView> {
    const isConnected = await this.isDatabaseConnected();
    response.status(isConnected ? 200 : 503).setHeader('Cache-Control', 'no-store');
    return {
      status: isConnected ? 'healthy' : 'unhealthy',
      database: isConnected ? 'connected' : 'disconnected',
      upstream: this.settings.upstream,
      uptime_seconds: Math.floor(process.uptime()),
    };
  }

  @Get('health/live')
  @ApiOperation({ operationId: 'getLive', summary: 'Whether the process runs' })
  @ApiOkResponse({ type: LiveView })
  live(): LiveView {
    return { status: 'live' };
  }

  /** For load balancers: not ready on the way down, at once. */
  @Get('health/ready')
  @ApiOperation({ operationId: 'getReady', summary: 'Whether the server takes requests' })
  @ApiOkResponse({ type: ReadyView, description: 'It does' })
  @ApiServiceUnavailableResponse({ type: ReadyView, description: 'It does not, yet or any more' })
  async ready(@Res({ passthrough: true }) response: Response): Promise<ReadyView> {
    const isReady = !this.lifecycle.isShuttingDown && (await this.isDatabaseConnected());
    response.status(isReady ? 200 : 503).setHeader('Cache-Control', 'no-store');
    return { status: isReady ? 'ready' : this.lifecycle.isShuttingDown ? 'shutting_down' : 'not_ready' };
  }

  private async isDatabaseConnected(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), PING_TIMEOUT_MS);
    });
    const ping = this.database.query(sql`SELECT 1`).then(
      () => true,
      () => false,
    );
    return Promise.race([ping, timeout]).finally(() => clearTimeout(timer));
  }
}
