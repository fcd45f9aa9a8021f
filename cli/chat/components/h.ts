/** Elements without JSX: Node strips types but does not compile JSX. */
import { createElement } from 'react'

export const h = createElement
