import assert from 'node:assert/strict'
import * as edit from './line-editor.ts'
import { cellWidth } from './text-layout.ts'

const typed = (text: string): edit.LineEditor => edit.insert(edit.emptyEditor, text)

describe('line editor', () => {
  it('types in the middle', () => {
    let line = edit.left(edit.left(typed('hllo')))
    line = edit.left(line)
    line = edit.insert(line, 'e')
    assert.equal(edit.textOf(line), 'hello')
    assert.equal(line.cursor, 2)
  })

  it('a family emoji and an accent go with one backspace', () => {
    assert.equal(edit.textOf(edit.backspace(typed('a👨‍👩‍👧‍👦'))), 'a')
    assert.equal(edit.textOf(edit.backspace(edit.insert(typed('e'), '\u0301'))), '')
  })

  it('moves and deletes by words', () => {
    const line = typed('one two  three')
    assert.equal(edit.wordLeft(line).cursor, 9)
    assert.equal(edit.wordLeft(edit.wordLeft(line)).cursor, 4)
    assert.equal(edit.textOf(edit.deleteWordBack(line)), 'one two  ')
    assert.equal(edit.wordRight(edit.toStart(line)).cursor, 3)
    assert.equal(edit.textOf(edit.killToEnd(edit.wordRight(edit.toStart(line)))), 'one')
    assert.equal(edit.textOf(edit.killToStart(edit.wordLeft(line))), 'three')
    assert.equal(edit.textOf(edit.deleteForward(edit.toStart(line))), 'ne two  three')
  })

  it('stays inside the line at its ends', () => {
    for (const key of [edit.left, edit.right, edit.backspace, edit.deleteForward, edit.wordLeft, edit.wordRight, edit.older, edit.newer, edit.killToEnd, edit.killToStart]) {
      assert.equal(edit.textOf(key(edit.emptyEditor)), '')
    }
  })

  it('brings back what was sent, and the draft after it', () => {
    let line = edit.submit(typed('first')).editor
    line = edit.submit(edit.insert(line, 'second')).editor
    line = edit.insert(line, 'draft')
    line = edit.older(line)
    assert.equal(edit.textOf(line), 'second')
    line = edit.older(edit.older(line))
    assert.equal(edit.textOf(line), 'first')
    line = edit.newer(edit.newer(edit.newer(line)))
    assert.equal(edit.textOf(line), 'draft')
  })

  it('does not remember the same line twice in a row, nor an empty one', () => {
    let line = edit.submit(typed('same')).editor
    line = edit.submit(edit.insert(line, 'same')).editor
    line = edit.submit(edit.insert(line, '   ')).editor
    assert.deepEqual(line.history, ['same'])
  })

  it('what is shown fits, holds the cursor, and says where there is more', () => {
    const texts = ['', 'short', 'a line that is much longer than the window it stands in', '日本語の長い文章がここにあります、とても長い', 'two\nlines']
    for (const text of texts) {
      const whole = typed(text)
      for (let cursor = 0; cursor <= whole.chars.length; cursor++) {
        const view = edit.viewOf({ ...whole, cursor }, 20)
        const line = view.before + view.under + view.after
        assert.ok(cellWidth(line) <= 20, JSON.stringify(line))
        assert.ok(!line.includes('\n'))
      }
    }
    assert.ok(edit.viewOf(typed('a line that is much longer than the window'), 20).before.startsWith('‹'))
    assert.ok(edit.viewOf(edit.toStart(typed('a line that is much longer than the window')), 20).after.endsWith('›'))
    assert.equal(edit.viewOf(typed('two\nlines'), 20).before, 'two⏎lines')
  })
})
