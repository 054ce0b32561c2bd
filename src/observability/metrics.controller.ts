import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Get, Header, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AppError } from '../common/app-error';
import { MayFailWith } from '../common/may-fail-with.decorator';
import { Public } from '../common/public.decorator';
import { Settings } from '../config/settings';
import { Metrics } from './metrics';

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

@ApiTags('health')
@ApiSecurity('metrics')
@Public()
@MayFailWith('forbidden')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly settings: Settings,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'getMetrics', summary: 'The server’s metrics, for Prometheus' })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  @Header('Cache-Control', 'no-store')
  async scrape(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<string> {
    if (!this.mayScrape(request)) throw new AppError('forbidden', 'Metrics are not open to this caller.');
    response.setHeader('Content-Type', this.metrics.contentType);
    return this.metrics.expose();
  }

  /** Without a token set, only programs on this host; a proxy on it speaks for others. */
  private mayScrape(request: Request): boolean {
    const { metricsToken } = this.settings;
    if (metricsToken !== undefined) {
      return isSameSecret(request.headers.authorization ?? '', `Bearer ${metricsToken}`);
    }
    const isProxied =
      request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined;
    return !isProxied && LOOPBACK.test(request.socket.remoteAddress ?? '');
  }
}

/** Hashed first, so that neither content nor length shows in the time taken. */
function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
