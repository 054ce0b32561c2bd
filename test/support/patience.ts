/** A busy machine is slow; what hangs is told all the same. */
jest.setTimeout(30_000);
