import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { AppError } from '../common/app-error';
import { type ProviderName, SIBLING_NAMES } from '../config/providers';
import { Settings } from '../config/settings';
import { Provider } from './provider';
import { OPENAI_BASE_URL } from './provider-access';

/** The providers that are there: OpenAI, or the simulator in its place, and those beside it whose key is set. */
@Injectable()
export class Providers implements OnModuleDestroy {
  private readonly byName = new Map<ProviderName, Provider>();

  constructor(settings: Settings) {
    const { openai, upstream, siblings } = settings;
    const timeouts = { timeoutMs: settings.upstreamTimeoutMs, idleTimeoutMs: settings.upstreamIdleTimeoutMs };
    if (upstream !== 'not_configured') {
      const { apiKey = '', baseUrl = OPENAI_BASE_URL, organization, project } = openai;
      this.add({ name: 'openai', ledgerName: upstream, apiKey, baseUrl, organization, project, ...timeouts });
    }
    for (const name of SIBLING_NAMES) {
      const sibling = siblings[name];
      if (sibling !== undefined) this.add({ name, ledgerName: name, ...sibling, ...timeouts });
    }
  }

  find(name: ProviderName): Provider | undefined {
    return this.byName.get(name);
  }

  /** @throws AppError upstream_not_configured */
  require(name: ProviderName): Provider {
    const provider = this.byName.get(name);
    if (provider !== undefined) return provider;
    throw new AppError('upstream_not_configured', 'OPENAI_API_KEY is not configured on the server');
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([...this.byName.values()].map((provider) => provider.close()));
  }

  private add(settings: ConstructorParameters<typeof Provider>[0]): void {
    this.byName.set(settings.name, new Provider(settings));
  }
}
