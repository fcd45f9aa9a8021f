import assert from 'node:assert/strict'
import { cellWidth, cut, ends, fit, graphemes, wrapText } from './text-layout.ts'

describe('text in terminal cells', () => {
  it('breaks at spaces and keeps every word', () => {
    assert.deepEqual(wrapText('the quick brown fox', 10), ['the quick', 'brown fox'])
    assert.deepEqual(wrapText('short', 10), ['short'])
    assert.deepEqual(wrapText('', 10), [''])
  })

  it('breaks inside a word that is longer than the line', () => {
    assert.deepEqual(wrapText('abcdefghij', 4), ['abcd', 'efgh', 'ij'])
    assert.deepEqual(wrapText('see https://example.org/a/long/path', 12), ['see', 'https://exam', 'ple.org/a/lo', 'ng/path'])
  })

  it('keeps the line ends of the text', () => {
    assert.deepEqual(wrapText('one\n\ntwo', 10), ['one', '', 'two'])
  })

  it('no line is wider than asked for, and nothing is lost, for mixed scripts', () => {
    const texts = ['こんにちは世界、元気ですか', 'mixed 日本語 and latin 文字', '👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 'é́é́é́é́ ééé', 'Ωμέγα — Русский текст']
    for (const text of texts) {
      for (let width = 2; width < 20; width++) {
        const lines = wrapText(text, width)
        for (const line of lines) assert.ok(cellWidth(line) <= width, `${JSON.stringify(line)} in ${width}`)
        assert.equal(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''))
      }
    }
  })

  it('cuts and pads to the cell', () => {
    assert.equal(cut('hello', 5), 'hello')
    assert.equal(cut('hello!', 5), 'hell…')
    assert.equal(cut('日本語です', 5), '日本…')
    assert.equal(cut('x', 0), '')
    for (const text of ['', 'a', '日本語です', '👨‍👩‍👧‍👦 family']) for (let width = 1; width < 12; width++) assert.equal(cellWidth(fit(text, width)), width)
    assert.equal(ends('left side', 'right', 12), 'left s…right')
    assert.equal(cellWidth(ends('日本語日本語', 'ok', 9)), 9)
  })

  it('a combined character counts once', () => {
    assert.equal(graphemes('👨‍👩‍👧‍👦é').length, 2)
  })

  it('leaves room for a skin tone that the terminal draws apart', () => {
    assert.equal(cellWidth('👍🏽'), 4)
    assert.equal(cellWidth('👍'), 2)
  })
})
