/** Long enough for a busy machine; a hanging test still fails. */
jest.setTimeout(30_000);
