/**
 * Mocha's spec reporter, which also writes how many tests passed and failed to the file in `reporterOptions.counts`.
 */
const { writeFileSync } = require('node:fs')
const { reporters } = require('mocha')

module.exports = class extends reporters.Spec {
  constructor (runner, options) {
    super(runner, options)
    runner.once('end', () => {
      writeFileSync(options.reporterOptions.counts, JSON.stringify({ passed: this.stats.passes, failed: this.stats.failures }))
    })
  }
}
