/** What the tests use of newman, which comes without types. */
declare module 'newman' {
  export interface RunOptions {
    collection: string;
    environment: string;
    envVar?: { key: string; value: string }[];
    reporters?: string[];
    /** Milliseconds of one answer. */
    timeoutRequest?: number;
  }

  export interface Failure {
    error: { test?: string; message: string };
    source?: { name: string };
  }

  export interface Execution {
    item: { name: string };
    assertions?: { assertion: string }[];
  }

  export interface Summary {
    run: {
      failures: Failure[];
      executions: Execution[];
      stats: { assertions: { total: number } };
    };
  }

  export function run(options: RunOptions, done: (error: Error | null, summary: Summary) => void): void;
}
