const { describeMissing, findMissing } = require('./requirements');

/** Says at the end of a run which e2e suites were left out, why, and how to install what they need. In CI it fails. */
module.exports = class LeftOutReporter {
  onRunComplete(contexts) {
    const hasSuites = [...contexts].some(({ config }) => config.displayName?.name === 'e2e');
    const lines = hasSuites ? describeMissing(findMissing()) : [];
    if (lines.length === 0) return;
    process.stderr.write(`\n${lines.join('\n')}\n`);
    if (process.env.CI) this.error = new Error('CI needs all suites.');
  }

  getLastError() {
    return this.error;
  }
};
