/** Prints how long each suite took, the slowest first: `--reporters=default --reporters=./test/slowest.reporter.js`. */
module.exports = class SlowestReporter {
  onRunComplete(_contexts, { testResults }) {
    const suites = testResults
      .map(({ testFilePath, perfStats, testResults: tests }) => ({
        name: testFilePath.replace(`${process.cwd()}/`, ''),
        seconds: (perfStats.end - perfStats.start) / 1000,
        tests: tests.length,
      }))
      .toSorted((a, b) => b.seconds - a.seconds);
    const total = suites.reduce((sum, { seconds }) => sum + seconds, 0);
    const lines = suites.map(
      ({ name, seconds, tests }) =>
        `${seconds.toFixed(1).padStart(7)} s ${String(tests).padStart(5)} tests  ${name}`,
    );
    process.stderr.write(
      `\n${lines.join('\n')}\n${total.toFixed(1).padStart(7)} s in ${suites.length} suites\n`,
    );
  }

  getLastError() {
    return undefined;
  }
};
