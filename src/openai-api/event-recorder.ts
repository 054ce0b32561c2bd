import { dataOf, splitEvents } from '../common/event-stream';
import type { MadeObject } from '../models/upstream-object';
import type { JsonObject } from './relay-json';

/** How to find created objects in an answer that arrives as events. */
export interface EventReading {
  /** The field that events with something made have, as it stands in their JSON: others are not parsed. */
  marker: Buffer;
  made: (event: JsonObject) => MadeObject[];
}

/** Records what the events of a stream tell of, each object once, before they go out. */
export class EventRecorder {
  private readonly recorded = new Set<string>();

  constructor(
    private readonly reading: EventReading,
    private readonly record: (made: MadeObject[]) => Promise<void>,
  ) {}

  /** @returns undefined where these events tell of nothing new */
  before(events: Buffer): Promise<void> | undefined {
    if (!events.includes(this.reading.marker)) return undefined;
    const made = splitEvents(events)
      .filter((frame) => frame.includes(this.reading.marker))
      .flatMap((frame) => this.madeBy(frame));
    return this.recordNew(made);
  }

  /** The same for an event that is not kept whole. */
  beforeLastPart(outline: JsonObject): Promise<void> | undefined {
    return this.recordNew(this.reading.made(outline));
  }

  private recordNew(objects: readonly MadeObject[]): Promise<void> | undefined {
    const made = objects.filter(({ id }) => !this.recorded.has(id));
    if (made.length === 0) return undefined;
    for (const { id } of made) this.recorded.add(id);
    return this.record(made);
  }

  /** What is no JSON tells of nothing, here as to the client. */
  private madeBy(frame: Buffer): MadeObject[] {
    try {
      const event: unknown = JSON.parse(dataOf(frame) ?? 'null');
      return event !== null && typeof event === 'object' ? this.reading.made(event as JsonObject) : [];
    } catch {
      return [];
    }
  }
}
