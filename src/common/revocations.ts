import { Injectable } from '@nestjs/common';

/**
 * Tells work that is under way that the API key it was begun with is good no more. What is watched are keys' ids; who
 * finds out that a key was revoked or ran out announces it.
 */
@Injectable()
export class Revocations {
  private readonly watchers = new Map<string, Set<{ onRevoked: () => void }>>();

  /**
   * @param onRevoked called once at the most; must not throw
   * @returns ends the watch; may be called again
   */
  watch(keyId: string, onRevoked: () => void): () => void {
    const watcher = { onRevoked };
    const watchers = this.watchers.get(keyId) ?? new Set();
    this.watchers.set(keyId, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.watchers.get(keyId) === watchers) this.watchers.delete(keyId);
    };
  }

  announce(keyIds: Iterable<string>): void {
    for (const keyId of keyIds) {
      const watchers = this.watchers.get(keyId) ?? [];
      this.watchers.delete(keyId);
      for (const { onRevoked } of watchers) onRevoked();
    }
  }

  /** Each key once, however much is under way with it. */
  watched(): string[] {
    return [...this.watchers.keys()];
  }
}
