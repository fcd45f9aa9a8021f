/**
 * Schedules that have found something once, as they were cut down.
 */
import assert from 'node:assert/strict'
import { run } from './run.ts'
import type { Schedule } from './schedule.ts'

const found: ReadonlyArray<{ readonly what: string, readonly schedule: Schedule }> = [
  {
    what: 'an old home that the device could not tell of its move hands over what it has',
    schedule: {
      seed: 89,
      shape: { relays: 4, people: 3, companions: 0, groups: 2, pairwiseGroupDevices: 16, network: { latencyMs: 12, latencyMaxMs: 75, jitterMs: 27, gossipLoss: 0.05, gossipTwice: 0 }, standby: 'none', syncMs: 20, durationMs: 75000 },
      steps: [
        { atMs: 51327, do: 'power', a: 860, b: 894, c: 722, forMs: 634 },
        { atMs: 51514, do: 'say', a: 854, b: 468, c: 910, forMs: 0 },
        { atMs: 62770, do: 'move', a: 921, b: 61, c: 399, forMs: 0 }
      ]
    }
  },
  {
    what: 'what somebody writes who is alone in a group is for nobody, whoever comes later',
    schedule: {
      seed: 796,
      shape: { relays: 3, people: 2, companions: 0, groups: 1, pairwiseGroupDevices: 16, network: { latencyMs: 9, latencyMaxMs: 32, jitterMs: 3, gossipLoss: 0.05, gossipTwice: 0 }, standby: 'none', syncMs: 20, durationMs: 40000 },
      steps: [
        { atMs: 14490, do: 'group-remove', a: 986, b: 957, c: 70, forMs: 0 },
        { atMs: 19599, do: 'say-group', a: 222, b: 973, c: 136, forMs: 0 },
        { atMs: 23092, do: 'group-add', a: 820, b: 968, c: 610, forMs: 0 }
      ]
    }
  },
  {
    what: 'what a former home of a member lacked is given to whom it is for where they live now, and kept no longer',
    schedule: {
      seed: 534,
      shape: { relays: 4, people: 4, companions: 0, groups: 2, pairwiseGroupDevices: 16, network: { latencyMs: 8, latencyMaxMs: 58, jitterMs: 9, gossipLoss: 0, gossipTwice: 0 }, standby: 'auto', syncMs: 20, durationMs: 23000 },
      steps: [
        { atMs: 3720, do: 'say', a: 203, b: 593, c: 325, forMs: 0 },
        { atMs: 3794, do: 'say-group', a: 372, b: 772, c: 245, forMs: 0 },
        { atMs: 4033, do: 'move', a: 27, b: 713, c: 29, forMs: 0 }
      ]
    }
  },
  {
    what: 'what a guest relay had taken and the home refuses is shown as failed',
    schedule: {
      seed: 1015,
      shape: { relays: 3, people: 2, companions: 0, groups: 1, pairwiseGroupDevices: 16, network: { latencyMs: 17, latencyMaxMs: 34, jitterMs: 11, gossipLoss: 0.3, gossipTwice: 0.3 }, standby: 'auto', syncMs: 100, durationMs: 20000 },
      steps: [
        { atMs: 9953, do: 'restart', a: 889, b: 317, c: 95, forMs: 6693 },
        { atMs: 15695, do: 'group-remove', a: 994, b: 168, c: 997, forMs: 0 },
        { atMs: 15883, do: 'say-group', a: 791, b: 825, c: 608, forMs: 0 }
      ]
    }
  },
  {
    what: 'a founder\'s home that was set back to before its group was made is given it by the others',
    schedule: {
      seed: 747,
      shape: { relays: 4, people: 4, companions: 2, groups: 2, pairwiseGroupDevices: 2, network: { latencyMs: 2, latencyMaxMs: 30, jitterMs: 20, gossipLoss: 0.05, gossipTwice: 0 }, standby: 'none', syncMs: 5, durationMs: 20000 },
      steps: [
        { atMs: 2815, do: 'roll-back', a: 542, b: 198, c: 126, forMs: 14905 },
        { atMs: 8970, do: 'disk-full', a: 816, b: 939, c: 760, forMs: 5529 },
        { atMs: 9463, do: 'group-create', a: 496, b: 975, c: 985, forMs: 0 }
      ]
    }
  },
  {
    what: 'what a home had taken and not passed on goes to a guest relay before what was written since, also when the device was off meanwhile',
    schedule: {
      seed: 669,
      shape: { relays: 3, people: 2, companions: 0, groups: 0, pairwiseGroupDevices: 16, network: { latencyMs: 10, latencyMaxMs: 37, jitterMs: 26, gossipLoss: 0, gossipTwice: 0.3 }, standby: 'none', syncMs: 1, durationMs: 58000 },
      steps: [
        { atMs: 17912, do: 'say', a: 572, b: 377, c: 403, forMs: 0 },
        { atMs: 19881, do: 'power', a: 49, b: 607, c: 589, forMs: 23270 },
        { atMs: 32547, do: 'say', a: 250, b: 159, c: 37, forMs: 0 },
        { atMs: 32715, do: 'device-crash-at-write', a: 584, b: 665, c: 495, forMs: 1959 },
        { atMs: 36072, do: 'power', a: 546, b: 188, c: 433, forMs: 20840 },
        { atMs: 36800, do: 'say', a: 446, b: 403, c: 173, forMs: 0 },
        { atMs: 36915, do: 'say', a: 596, b: 441, c: 389, forMs: 0 },
        { atMs: 40586, do: 'say', a: 590, b: 989, c: 38, forMs: 0 },
        { atMs: 43801, do: 'say', a: 732, b: 646, c: 227, forMs: 0 },
        { atMs: 43878, do: 'say', a: 798, b: 967, c: 758, forMs: 0 },
        { atMs: 51059, do: 'say', a: 178, b: 514, c: 488, forMs: 0 },
        { atMs: 52248, do: 'stall', a: 340, b: 360, c: 484, forMs: 16498 }
      ]
    }
  },
  {
    what: 'who moves while a standby is looked for lives at the new home: the record of the standby is not signed behind that of the move',
    schedule: {
      seed: 1778,
      shape: { relays: 4, people: 2, companions: 0, groups: 0, pairwiseGroupDevices: 16, network: { latencyMs: 7, latencyMaxMs: 39, jitterMs: 15, gossipLoss: 0.3, gossipTwice: 0.05 }, standby: 'auto', syncMs: 1, durationMs: 73000 },
      steps: [
        { atMs: 10161, do: 'move', a: 892, b: 217, c: 171, forMs: 0 },
        { atMs: 15058, do: 'power', a: 254, b: 617, c: 374, forMs: 6907 },
        { atMs: 24481, do: 'away', a: 140, b: 550, c: 506, forMs: 7902 },
        { atMs: 36423, do: 'away', a: 776, b: 258, c: 567, forMs: 4406 },
        { atMs: 43474, do: 'power', a: 311, b: 147, c: 445, forMs: 7026 },
        { atMs: 53556, do: 'move', a: 322, b: 574, c: 180, forMs: 0 },
        { atMs: 62553, do: 'say', a: 390, b: 588, c: 593, forMs: 0 }
      ]
    }
  },
  {
    what: 'a damaged entry that only a relay which is behind lacks is let go of, and what comes after it goes on',
    schedule: {
      seed: 1687,
      shape: { relays: 4, people: 3, companions: 0, groups: 1, pairwiseGroupDevices: 16, network: { latencyMs: 17, latencyMaxMs: 87, jitterMs: 10, gossipLoss: 0.3, gossipTwice: 0.3 }, standby: 'auto', syncMs: 5, durationMs: 45000 },
      steps: [
        { atMs: 9502, do: 'disk-full', a: 536, b: 718, c: 749, forMs: 27743 },
        { atMs: 9819, do: 'say', a: 916, b: 421, c: 969, forMs: 0 },
        { atMs: 10861, do: 'say', a: 839, b: 490, c: 150, forMs: 0 },
        { atMs: 13560, do: 'say-group', a: 395, b: 41, c: 897, forMs: 0 },
        { atMs: 29703, do: 'disk-full', a: 405, b: 547, c: 4, forMs: 17250 },
        { atMs: 39282, do: 'damage', a: 96, b: 876, c: 60, forMs: 1349 }
      ]
    }
  },
  {
    what: 'what somebody gives again who was removed from a group does not wait for ever where they live now',
    schedule: {
      seed: 1594,
      shape: { relays: 3, people: 2, companions: 1, groups: 1, pairwiseGroupDevices: 16, network: { latencyMs: 18, latencyMaxMs: 145, jitterMs: 20, gossipLoss: 0.3, gossipTwice: 0.05 }, standby: 'auto', syncMs: 20, durationMs: 40000 },
      steps: [
        { atMs: 1557, do: 'say-group', a: 707, b: 461, c: 824, forMs: 0 },
        { atMs: 2547, do: 'group-remove', a: 799, b: 475, c: 149, forMs: 0 },
        { atMs: 7525, do: 'crash-at-write', a: 121, b: 206, c: 383, forMs: 13675 },
        { atMs: 8343, do: 'say', a: 886, b: 783, c: 815, forMs: 0 }
      ]
    }
  },
  {
    what: 'a guest gives first what its dead home had numbered, and nothing is sent again as lost because its number is void',
    schedule: {
      seed: 1765,
      shape: { relays: 3, people: 4, companions: 2, groups: 0, pairwiseGroupDevices: 2, network: { latencyMs: 15, latencyMaxMs: 84, jitterMs: 9, gossipLoss: 0.05, gossipTwice: 0 }, standby: 'none', syncMs: 100, durationMs: 72000 },
      steps: [
        { atMs: 15253, do: 'say', a: 772, b: 48, c: 941, forMs: 0 },
        { atMs: 16090, do: 'restart', a: 530, b: 931, c: 883, forMs: 19970 },
        { atMs: 29528, do: 'say', a: 727, b: 703, c: 529, forMs: 0 },
        { atMs: 30110, do: 'crash-at-write', a: 390, b: 957, c: 35, forMs: 25752 },
        { atMs: 34965, do: 'say', a: 120, b: 317, c: 961, forMs: 0 },
        { atMs: 36584, do: 'say', a: 446, b: 890, c: 879, forMs: 0 },
        { atMs: 41441, do: 'say', a: 54, b: 976, c: 662, forMs: 0 },
        { atMs: 49459, do: 'say', a: 7, b: 367, c: 5, forMs: 0 },
        { atMs: 52211, do: 'move', a: 972, b: 254, c: 769, forMs: 0 },
        { atMs: 54288, do: 'say', a: 920, b: 878, c: 562, forMs: 0 }
      ]
    }
  },
  {
    what: 'what a standby has trimmed itself is known to be the same there as in what was shipped, also when the epoch has changed since',
    schedule: {
      seed: 2034,
      shape: { relays: 2, people: 3, companions: 0, groups: 0, pairwiseGroupDevices: 16, network: { latencyMs: 10, latencyMaxMs: 90, jitterMs: 25, gossipLoss: 0, gossipTwice: 0.05 }, standby: 'auto', syncMs: 5, durationMs: 75000 },
      steps: [
        { atMs: 18588, do: 'say', a: 151, b: 326, c: 728, forMs: 0 },
        { atMs: 19442, do: 'cut', a: 205, b: 768, c: 245, forMs: 1973 },
        { atMs: 22299, do: 'cut', a: 744, b: 579, c: 901, forMs: 22778 },
        { atMs: 25062, do: 'kill', a: 916, b: 821, c: 789, forMs: 5481 },
        { atMs: 35897, do: 'say', a: 114, b: 517, c: 801, forMs: 0 },
        { atMs: 38138, do: 'crash-at-write', a: 248, b: 883, c: 19, forMs: 23279 },
        { atMs: 38797, do: 'say', a: 480, b: 823, c: 540, forMs: 0 }
      ]
    }
  },
  {
    what: 'who sequences a log from now on takes from the former home also what only others\' homes lack',
    schedule: {
      seed: 2147,
      shape: { relays: 4, people: 3, companions: 0, groups: 2, pairwiseGroupDevices: 2, network: { latencyMs: 13, latencyMaxMs: 142, jitterMs: 29, gossipLoss: 0.3, gossipTwice: 0.3 }, standby: 'none', syncMs: 5, durationMs: 69000 },
      steps: [
        { atMs: 39684, do: 'kill', a: 34, b: 516, c: 600, forMs: 27359 },
        { atMs: 39840, do: 'say-group', a: 992, b: 446, c: 649, forMs: 0 },
        { atMs: 59312, do: 'move', a: 768, b: 417, c: 104, forMs: 0 }
      ]
    }
  }
]

describe('what the simulation has found', () => {
  for (const { what, schedule } of found) {
    it(`${what} (seed ${schedule.seed})`, async () => {
      const { violations, lines } = await run(schedule)
      assert.deepEqual(violations, [], lines.slice(-40).join('\n'))
    }).timeout(60_000)
  }
})
