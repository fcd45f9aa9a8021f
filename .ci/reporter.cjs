/**
 * Mocha's spec reporter, which also writes how many tests passed and failed to the file in `reporterOptions.counts`.
 * What keeps the process alive `endTimeoutMs` after the last test is named, counts as a failure, and the process is ended.
 */
const { writeFileSync } = require('node:fs')
const { reporters } = require('mocha')

module.exports = class extends reporters.Spec {
  constructor (runner, options) {
    super(runner, options)
    const { counts, endTimeoutMs } = options.reporterOptions
    runner.once('end', () => {
      const write = (failed) => { writeFileSync(counts, JSON.stringify({ passed: this.stats.passes, failed })) }
      write(this.stats.failures)
      setTimeout(() => {
        console.error(`still open after the last test: ${process.getActiveResourcesInfo().join(', ')}`)
        write(this.stats.failures + 1)
        // mocha chooses the exit status
        process.exit()
      }, Number(endTimeoutMs)).unref()
    })
  }
}
