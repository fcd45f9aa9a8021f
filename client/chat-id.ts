/**
 * What a client calls a conversation: a pair by the other person's AccountId, a group or one's own devices by the
 * ConversationId. AccountIds begin with `b`, ConversationIds are hex and begin with `0`.
 */
import { conversationFromId, otherMember, pairConversation, type Conversation, type ConversationId } from '../protocol/conversation.ts'
import type { AccountId } from '../protocol/ids.ts'

export type ChatId = AccountId | ConversationId

export const isPairChat = (chat: ChatId): chat is AccountId => chat.startsWith('b')
export const isGroupChat = (chat: ChatId): chat is ConversationId => chat.startsWith('02')
export const isSelfChat = (chat: ChatId): chat is ConversationId => chat.startsWith('03')

/** @throws ProtocolError BAD_CONVERSATION */
export const conversationOfChat = (own: AccountId, chat: ChatId): Conversation => isPairChat(chat) ? pairConversation(own, chat) : conversationFromId(chat)

/** @throws ProtocolError BAD_CONVERSATION when `own` is not in the pair */
export const chatOf = (own: AccountId, conversation: Conversation): ChatId => conversation.kind === 'pair' ? otherMember(conversation, own) : conversation.id
