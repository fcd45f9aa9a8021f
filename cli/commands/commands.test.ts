import assert from 'node:assert/strict'
import type { DeviceId } from '../../protocol/ids.ts'
import { exitCodes } from '../exit-codes.ts'
import { runHeliograph } from '../heliograph.ts'
import { FakeClient, accountCalled } from '../testing/fake-client.ts'
import { FakeContext } from '../testing/fake-context.ts'

const soon = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, 30) })

describe('commands for groups, messages, people and devices', () => {
  let client: FakeClient
  let context: FakeContext
  let ann: ReturnType<FakeClient['befriend']>
  const run = (...args: string[]): Promise<number> => runHeliograph(args, context)
  /** What it prints on standard output, when all is well. */
  const said = async (...args: string[]): Promise<string> => {
    context.stdout.text = ''
    assert.equal(await run(...args), exitCodes.ok, `${args.join(' ')}\n${context.stderr.text}`)
    return context.stdout.text
  }
  const json = async <T> (...args: string[]): Promise<T> => JSON.parse((await said(...args, '--json')).split('\n')[0]!) as T
  const fails = async (code: number, pattern: RegExp, ...args: string[]): Promise<void> => {
    context.stderr.text = ''
    assert.equal(await run(...args), code, `${args.join(' ')}\n${context.stdout.text}${context.stderr.text}`)
    assert.match(context.stderr.text, pattern)
    assert.ok(!context.stderr.text.includes('    at '))
  }

  beforeEach(async () => {
    client = new FakeClient()
    context = await FakeContext.create(client)
    ann = client.befriend('Ann', { handle: 'ann@eu-1' })
    client.setConnection({ state: 'online', relay: 'eu-1', rttMs: 1 })
  })
  afterEach(async () => { await context.remove() })

  it('every command has an example that can be typed, and every leaf takes --json', async () => {
    const groups: Record<string, string[]> = {
      group: ['create', 'list', 'show', 'add', 'remove', 'leave', 'promote', 'demote', 'transfer', 'rename', 'describe', 'icon', 'settings', 'link', 'revoke', 'join', 'receipts', 'reanchor'],
      message: ['react', 'edit', 'delete', 'star', 'starred', 'pin', 'forward', 'vote', 'open', 'info'],
      conversation: ['list', 'mute', 'archive', 'timer', 'draft', 'pins'],
      request: ['list', 'accept', 'decline', 'groups'],
      contact: ['block', 'unblock', 'blocked', 'report'],
      broadcast: ['create', 'list', 'add', 'remove', 'delete', 'send'],
      profile: ['set', 'show'],
      presence: ['show', 'watch', 'policy'],
      device: ['list', 'link', 'approve', 'rename', 'unlink'],
      home: ['show', 'standby', 'move']
    }
    for (const [group, commands] of Object.entries(groups)) {
      for (const command of commands) {
        const help = await said(group, command, '--help')
        assert.match(help, new RegExp(`Examples:\\n {2}\\$ heliograph ${group} ${command}`))
        assert.match(help, /--json/)
      }
    }
  })

  it('a group is made, changed and shown by its name', async () => {
    client.people.set('carol@us-1', accountCalled('Carol'))
    assert.match(await said('group', 'create', 'Book club', 'Ann', 'carol@us-1', '--description', 'books'), /Made: Book club, 3 members/)
    assert.match(await said('group', 'list'), /^Book club {2}3 members {2}owner/)
    assert.match(await said('group', 'promote', 'book', 'Ann'), /Ann is an admin now/)
    assert.match(await said('group', 'show', 'Book club'), /books[^]*send: everyone[^]*you {2}owner\n {2}Ann {2}admin\n {2}carol@us-1/)
    assert.match(await said('group', 'settings', 'Book club', '--send', 'admins'), /Send: admins/)
    assert.match(await said('group', 'remove', 'Book club', 'Ann'), /has 2 members/)
    assert.match(await said('group', 'rename', 'Book club', 'Readers'), /called Readers/)
    const shown = await json<{ members: unknown[], settings: { whoMaySend: string }, role: string }>('group', 'show', 'Readers')
    assert.deepEqual([shown.members.length, shown.settings.whoMaySend, shown.role], [2, 'admins', 'owner'])
    assert.match(await said('group', 'reanchor', 'Readers'), /^Your relay gives the numbers of Readers now/)
    await fails(exitCodes.notFound, /This is a person, not a group/, 'group', 'promote', 'Ann', 'Ann')
    assert.match(await said('group', 'reanchor', 'Readers', '--to', 'carol@us-1'), /^The relay of carol@us-1 gives/)
    assert.match(await said('group', 'show', 'Readers'), /Numbers {3}given by the relay of carol@us-1\n/)
    assert.equal((await json<{ anchor: string }>('group', 'reanchor', 'Readers', '--to', 'carol@us-1')).anchor, accountCalled('Carol'))
    assert.match(await said('group', 'leave', 'Readers'), /You have left Readers/)
    assert.match(await said('group', 'list'), /No groups yet/)
  })

  it('an invite link says what it is good for, and is revoked by its beginning', async () => {
    client.group('Club', [ann], { role: 'owner' })
    assert.match(await said('group', 'link', 'Club', '--expires', '7d', '--uses', '5'), /^heliograph:group\?id=x\n.*for 7 days, for 5 people.*revoke "Club" 5c0a11f2/)
    assert.match(await said('group', 'revoke', 'Club', '5c0a'), /Club has 0 links/)
    await fails(exitCodes.notFound, /no invite link/, 'group', 'revoke', 'Club', 'ffff')
    assert.match(await said('group', 'join', 'heliograph:group?id=x'), /You are in Joined/)
    await fails(exitCodes.usage, /Join it first/, 'send', 'heliograph:group?id=x', 'hi')
  })

  it('what only an admin may do is said to be that', async () => {
    client.group('Club', [ann])
    await fails(exitCodes.failed, /only an admin/i, 'group', 'promote', 'Club', 'Ann')
  })

  it('names that fit more than one are not guessed', async () => {
    client.group('Ann', [ann])
    await fails(exitCodes.failed, /a contact and a group/, 'send', 'Ann', 'hi')
    assert.match(await said('history', 'ann@eu-1'), /No messages with Ann/)
    await fails(exitCodes.notFound, /no contact and no group called "Nobody"/, 'history', 'Nobody')
    client.group('Club one', [ann])
    client.group('Club two', [ann])
    await fails(exitCodes.failed, /more than one group/, 'history', 'Club')
  })

  it('history names who wrote in a group, and short ids name messages', async () => {
    const chat = client.group('Club', [ann])
    const stranger = accountCalled('xyz')
    client.introduce(stranger, 'Zoe\u001b[2J')
    client.receiveIn(chat, ann, { text: 'hello' })
    client.receiveIn(chat, stranger, { text: 'hi' })
    const lines = (await said('history', 'Club')).split('\n')
    assert.match(lines[0]!, /Ann: hello$/)
    assert.match(lines[1]!, /~Zoe\[2J: hi$/)
    const id = lines[0]!.split('  ')[1]!
    assert.match(await said('message', 'react', 'Club', id, '👍'), /^👍 on "hello"/)
    assert.match(await said('history', 'Club'), /hello\n {4}👍 you\n/)
    assert.match(await said('message', 'react', 'Club', 'last', '❤️'), /on "hi"/)
    await said('message', 'react', 'Club', `#${id}`)
    assert.doesNotMatch(await said('history', 'Club'), /👍/)
    await fails(exitCodes.usage, /not one emoji/, 'message', 'react', 'Club', id, 'lol')
    await fails(exitCodes.usage, /not the id of a message/, 'message', 'react', 'Club', 'zzz', '👍')
    await fails(exitCodes.notFound, /no message ffff/, 'message', 'star', 'Club', 'ffff')
  })

  it('send quotes, mentions, asks, places and forwards', async () => {
    const chat = client.group('Club', [ann])
    client.receiveIn(chat, ann, { text: 'which one?' })
    await said('send', 'Club', 'this one', '--reply-to', 'last', '--mention', 'Ann', '--wait', 'none')
    await said('send', 'Club', '--poll', 'Which?', '--option', 'a', '--option', 'b', '--several', '--wait', 'none')
    await said('send', 'Club', '--location=-52.5,13.4,Berlin, Mitte', '--wait', 'none')
    await said('send', 'Club', '--contact', 'Ann', '--wait', 'none')
    await said('send', 'Club', 'once', '--view-once', '--wait', 'none')
    const [, reply, poll, place, card, once] = await client.history(chat)
    assert.deepEqual([reply!.text, reply!.replyTo?.excerpt, reply!.mentions], ['@Ann this one', 'which one?', [{ account: ann, start: 0, length: 4 }]])
    assert.deepEqual(poll!.poll, { question: 'Which?', options: ['a', 'b'], allowsSeveral: true })
    assert.deepEqual(place!.location, { latitude: -52.5, longitude: 13.4, accuracyM: 0, label: 'Berlin, Mitte' })
    assert.deepEqual([card!.contact?.handle, once!.viewOnce], ['ann@eu-1', true])
    await said('send', 'Ann', '--forward', 'last', '--from', 'Club', '--wait', 'none')
    assert.equal((await client.history(ann)).at(-1)?.forwarded, 1)
    assert.match(await said('message', 'vote', 'Club', poll!.id, 'b', '1'), /You voted for b, a/)
    await fails(exitCodes.usage, /no answer "c"/, 'message', 'vote', 'Club', poll!.id, 'c')
    for (const args of [['--option', 'a'], ['--location', '99,1'], ['--location', 'here'], ['--from', 'Ann', 'x']]) await fails(exitCodes.usage, /\./, 'send', 'Club', ...args)
  })

  it('edit, delete, star, pin, forward, open', async () => {
    const sent = await client.send(ann, 'tpyo')
    await said('message', 'edit', 'Ann', 'last', 'typo', 'now')
    assert.equal((await client.history(ann))[0]?.text, 'typo now')
    assert.match(await said('message', 'star', 'Ann', sent.id), /Starred/)
    assert.match(await said('message', 'starred'), /\[Ann\] you: typo now \(edited, ★\)/)
    assert.match(await said('message', 'pin', 'Ann', 'last'), /Pinned/)
    assert.match(await said('conversation', 'pins', 'Ann'), /typo now/)
    assert.match(await said('message', 'delete', 'Ann', 'last'), /for everyone/)
    const once = client.receiveIn(ann, ann, { text: 'secret', viewOnce: true })
    assert.match(await said('message', 'open', 'Ann', 'last'), /^secret\n.*gone/)
    await fails(exitCodes.failed, /./, 'message', 'delete', 'Ann', once.id)
    assert.match(await said('message', 'delete', 'Ann', once.id, '--for-me'), /Deleted here/)
    assert.equal((await client.history(ann)).length, 1)
  })

  it('receipts say who has read, has got, and has not got it', async () => {
    const chat = client.group('Club', [ann])
    await client.send(chat, 'hello')
    client.receipts = [{ account: ann, state: 'read' }, { account: accountCalled('Bob'), state: 'sent' }]
    assert.match(await said('group', 'receipts', 'Club'), /"hello"[^]*Read by 1: Ann\n {2}Not delivered yet to 1: b/)
    assert.match(await said('message', 'info', 'Club', 'last'), /Read by 1: Ann/)
    assert.deepEqual((await json<{ receipts: Array<{ name: string }> }>('group', 'receipts', 'Club')).receipts.map(({ name }) => name)[0], 'Ann')
  })

  it('conversations: mute, archive, timer, draft, list', async () => {
    client.receive(ann, 'hi')
    assert.match(await said('conversation', 'mute', 'Ann', '--for', '8h'), /muted for 8 hours/)
    assert.match(await said('conversation', 'timer', 'Ann', '1d'), /disappears 1 day after reading/)
    assert.match(await said('conversation', 'draft', 'Ann', 'Dear', 'Ann'), /Dear Ann/)
    assert.match(await said('conversation', 'archive', 'Ann'), /archived/)
    assert.match(await said('conversation', 'list'), /^Ann {2}1 unread {2}muted {2}archived {2}disappearing: 1 day {2}draft\n/)
    await said('conversation', 'draft', 'Ann', '--clear')
    assert.match(await said('conversation', 'draft', 'Ann'), /No draft/)
    assert.match(await said('conversation', 'mute', 'Ann', '--off'), /not muted/)
    await fails(exitCodes.usage, /5s to 90d/, 'conversation', 'timer', 'Ann', '100d')
    await fails(exitCodes.usage, /length of time/, 'conversation', 'mute', 'Ann', '--for', 'ever')
  })

  it('requests are listed with what was written, accepted and declined', async () => {
    const [zoe, eve] = [accountCalled('zoe'), accountCalled('eve')]
    client.introduce(zoe, 'Zoe')
    client.request(zoe, 'hello from Zoe')
    client.request(eve, 'buy this')
    assert.match(await said('request', 'list'), /^~Zoe {2}b\S+\n.*hello from Zoe\n/)
    assert.match(await said('request', 'accept', '~Zoe'), /Accepted: ~Zoe/)
    assert.match(await said('request', 'decline', eve), /Declined/)
    assert.match(await said('request', 'list'), /No requests/)
    assert.match(await said('request', 'groups', '--allow', 'contacts'), /Your contacts may/)
  })

  it('block, report, broadcast, profile', async () => {
    assert.match(await said('contact', 'block', 'Ann'), /Ann is blocked/)
    assert.match(await said('contact', 'blocked'), /^Ann/)
    assert.match(await said('contact', 'unblock', 'Ann'), /not blocked/)
    assert.equal((await json<{ reason: string }>('contact', 'report', 'Ann', '--reason', 'spam')).reason, 'spam')
    assert.match(await said('contact', 'report', 'Ann', '--file', 'r.json'), /Nothing was sent/)
    assert.match(await said('broadcast', 'create', 'Friends', 'Ann'), /Friends {2}1 person: Ann/)
    assert.match(await said('broadcast', 'send', 'friends', 'Dinner', 'at', 'eight'), /Sent to 1 person/)
    assert.equal((await client.history(ann)).at(-1)?.text, 'Dinner at eight')
    assert.match(await said('profile', 'set', '--name', 'Ada', '--about', 'writes'), /Name {5}Ada\nAbout {4}writes/)
    await fails(exitCodes.usage, /Say what to change/, 'profile', 'set')
    assert.match(await said('profile', 'show', 'Ann'), /told nothing/)
  })

  it('presence is shown in words; the policy counts all contacts when it is for contacts', async () => {
    client.present(ann, 'away', Date.now() - 7_200_000)
    assert.match(await said('presence', 'show', 'Ann'), /Ann {2}away, here 2 hours ago/)
    assert.match(await said('presence', 'policy', '--online', 'contacts'), /Online and typing {2}contacts[^]*Contacts {11}Ann/)
    assert.deepEqual(client.did.at(-1), ['setPolicy', { online: 'contacts', contacts: [ann] }])
    assert.match(await said('presence', 'policy', '--read-receipts', 'off'), /Read receipts {6}off/)
    const watching = run('presence', 'watch', '--json', '--timeout', '1')
    await soon()
    context.stdout.text = ''
    client.present(ann, 'online')
    client.type(ann, ann, 'typing')
    assert.equal(await watching, exitCodes.ok)
    assert.deepEqual((context.json as Array<{ state?: string, typing?: string }>).map(({ state, typing }) => state ?? typing), ['online', 'typing'])
  })

  it('a device is approved only when the person says so, or the digits are given', async () => {
    const code = 'heliograph:link?v=1&id=abc'
    context.type('n\n')
    await fails(exitCodes.failed, /Nothing was linked/, 'device', 'approve', code)
    assert.deepEqual(client.did.at(-1), ['reject'])
    await fails(exitCodes.usage, /--yes needs --digits/, 'device', 'approve', code, '--yes')
    await fails(exitCodes.failed, /not the same: 123 456/, 'device', 'approve', code, '--yes', '--digits', '654321')
    assert.equal(client.ownDevices.length, 1)
    context.type('y\n')
    assert.match(await said('device', 'approve', code), /everything/)
    assert.match(await said('device', 'approve', code, '--yes', '--digits', '123 456'), /everything/)
    assert.match(await said('device', 'list'), /primary, this device\n.*laptop/)
    await fails(exitCodes.failed, /begins with heliograph:link/, 'device', 'approve', 'hello')
  })

  it('devices are renamed and unlinked by name', async () => {
    client.ownDevices = [...client.ownDevices, { id: 'x'.repeat(50) as DeviceId, name: 'laptop', isThis: false, isPrimary: false }]
    await said('device', 'rename', 'this', 'phone')
    assert.match(await said('device', 'list'), /phone {2}primary, this device/)
    assert.match(await said('device', 'unlink', 'laptop'), /laptop is not a device/)
    await fails(exitCodes.notFound, /no device|There is no device/, 'device', 'unlink', 'laptop')
  })

  it('the home and who stands in for it are shown, chosen and left', async () => {
    assert.match(await said('home', 'show'), /^Home {5}eu-1 \(eu\), online\nStandby {2}us-1 \(us\), chosen by itself, has everything/)
    assert.match(await said('home', 'standby', 'ap-1'), /When eu-1 dies, your account moves to ap-1 \(us\) by itself/)
    assert.match(await said('home', 'standby', 'none'), /Nobody stands in/)
    assert.match(await said('home', 'show'), /Standby {2}none$/m)
    await fails(exitCodes.failed, /lives at "eu-1" already/, 'home', 'standby', 'eu-1')
    await fails(exitCodes.notFound, /No relay called "xx-1"/, 'home', 'move', 'xx-1')
    assert.match(await said('home', 'move', 'us-1'), /You have moved from eu-1 to us-1 \(us\)/)
    const json = JSON.parse((await said('home', 'show', '--json')).split('\n')[0]!) as Record<string, unknown>
    assert.deepEqual([(json.home as { name: string }).name, json.standby, json.wish, json.guestOf], ['us-1', null, 'none', null])
    client.homeStatus = { ...client.homeStatus, isOnline: false, downSinceMs: 1_795_348_800_000, guestOf: { relay: client.homeStatus.relay, name: 'ap-1', region: 'ap' }, isPrimary: false }
    assert.match(await said('home', 'show'), /does not answer since \d\d:\d\d:\d\d UTC[^]*Guest {4}of ap-1 \(ap\)/)
    await fails(exitCodes.failed, /Only the primary device/, 'home', 'standby', 'auto')
  })

  it('a device that was unlinked says so at once, keeps nothing that would never go, and shows what it has', async () => {
    client.receive(ann, 'from before')
    client.setConnection({ state: 'connecting' })
    const syncing = run('history', 'Ann', '--sync', '--timeout', '20')
    const listening = run('listen', '--timeout', '20')
    await soon()
    client.unlinkThis()
    assert.deepEqual([await syncing, await listening], [exitCodes.failed, exitCodes.failed])
    assert.match(context.stderr.text, /was unlinked from its account[^]*was unlinked from its account/)
    for (const args of [['send', 'Ann', 'hello'], ['listen', '--timeout', '1'], ['history', 'Ann', '--sync'], ['conversation', 'mute', 'Ann']]) await fails(exitCodes.failed, /was unlinked from its account/, ...args)
    assert.equal((await client.history(ann)).length, 1)
    assert.match(await said('history', 'Ann'), /from before/)
  })

  it('a new device shows its code and the digits', async () => {
    const fresh = await FakeContext.create(client, { isNew: true })
    const account = client.account
    client.account = undefined
    const linking = runHeliograph(['device', 'link', '--name', 'laptop', '--bootstrap', '/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWGRUaMYDfUVgqzzQwoWYCKzYQyGP3yx7ZfuUDiFZnN5jJ'], fresh)
    assert.equal(await linking, exitCodes.ok, fresh.stderr.text)
    client.account = account
    assert.match(fresh.stdout.text, /heliograph device approve "heliograph:link\?v=1&id=abc"[^]*123 456[^]*Done/)
    await fresh.remove()
  })

  it('listen tells of changes when it is asked to', async () => {
    const chat = client.group('Club', [ann])
    const listening = run('listen', '--events', '--json', '--count', '2')
    await soon()
    const message = client.receiveIn(chat, ann, { text: 'one' })
    client.change(chat, message.id, { editedAtMs: 1, text: 'two' })
    client.receiveIn(chat, ann, { text: 'end' })
    assert.equal(await listening, exitCodes.ok)
    assert.deepEqual((context.json as Array<{ event: string, text: string }>).map(({ event, text }) => [event, text]), [['message', 'one'], ['update', 'two'], ['message', 'end']])
  })

  it('listen says that a stranger has written, and shows nothing of it', async () => {
    const listening = run('listen', '--timeout', '1')
    await soon()
    client.request(accountCalled('eve'), 'buy this')
    assert.equal(await listening, exitCodes.ok)
    assert.match(context.stderr.text, /request list/)
    assert.ok(!(context.stdout.text + context.stderr.text).includes('buy this'))
  })

  it('the echo bot takes requests, and answers in a group only when it is mentioned', async () => {
    const chat = client.group('Club', [ann])
    const zoe = accountCalled('zoe')
    client.request(zoe, 'hello?')
    const running = run('echo-bot')
    await soon()
    assert.deepEqual(client.chats.requests(), [])
    client.receiveIn(chat, ann, { text: 'not for you' })
    client.receiveIn(chat, ann, { text: '@ada hi', mentions: [{ account: client.account!.id, start: 0, length: 4 }] })
    await soon()
    context.signal('SIGTERM')
    assert.equal(await running, exitCodes.ok)
    assert.deepEqual((await client.history(chat)).filter(({ direction }) => direction === 'out').map(({ text, replyTo }) => [text, replyTo?.excerpt]), [['@ada hi', '@ada hi']])
  })
})
