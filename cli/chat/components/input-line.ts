/** The line that is typed, with the cursor in it. */
import { Text } from 'ink'
import type { ReactElement } from 'react'
import { viewOf, type LineEditor } from '../line-editor.ts'
import { h } from './h.ts'

const prompt = '› '

export function InputLine ({ editor, width, hint }: { editor: LineEditor, width: number, hint: string }): ReactElement {
  const view = viewOf(editor, width - prompt.length - 1)
  const isEmpty = editor.chars.length === 0
  return h(Text, { wrap: 'truncate' },
    h(Text, { color: 'cyan', bold: true }, prompt),
    view.before,
    h(Text, { inverse: true }, view.under),
    isEmpty ? h(Text, { dimColor: true }, ` ${hint}`) : view.after)
}
