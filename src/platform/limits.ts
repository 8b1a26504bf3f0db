/**
 * Every bound of the service, as data. Times are milliseconds, sizes are bytes, unless a name says otherwise.
 * What a request may hold is bounded in the protos; what the service holds is bounded here.
 */
export const limits = {
  rpc: {
    messageBytes: 1024 * 1024,
    compressAboveBytes: 4096,
    /** A call without a deadline of its own gets this one; streams get none. */
    unaryTimeoutMs: 30_000,
    maxTimeoutMs: 24 * 60 * 60 * 1000,
  },
  port: {
    /** How long a connection may take to say which protocol it speaks. */
    sniffMs: 10_000,
    headersMs: 15_000,
    idleKeepAliveMs: 75_000,
    headerBytes: 16 * 1024,
    connections: 20_000,
    h2StreamsPerConnection: 1000,
    h2SessionMemoryMb: 64,
    h2PingMs: 30_000,
    /** A stalled reader of a stream is cut off after this long without taking a byte. */
    stalledReaderMs: 30_000,
    /** A request body that stops arriving is given up after this long. */
    stalledBodyMs: 30_000,
    drainMs: 8_000,
  },
  token: {
    accessMs: 10 * 60 * 1000,
    refreshMs: 30 * 24 * 60 * 60 * 1000,
    refreshGraceMs: 30_000,
    verifiedCached: 20_000,
    sessionsPerUser: 50,
  },
  password: { parallelHashes: 2, waitingHashes: 200 },
  store: {
    /** Writes that share one commit. */
    writesPerCommit: 256,
    writesWaiting: 10_000,
    requestIdMs: 24 * 60 * 60 * 1000,
    requestSweepMs: 10 * 60 * 1000,
  },
  chat: {
    membersPerRoom: 100_000,
    roomsPerUser: 1000,
    roomsCreatedPerUser: 500,
    invitesPerRoom: 1000,
    /** Events kept for those who resume; older ones ask for a snapshot. */
    eventsKeptPerRoom: 100_000,
    sanctionSweepMs: 5_000,
    /** How often erased accounts are looked for, in case the bell was lost. */
    erasureCheckMs: 60_000,
  },
  follow: {
    roomsPerStream: 1000,
    streamsPerUser: 64,
    /** Recent events a room keeps in memory for its followers. */
    ringEvents: 512,
    ringBytes: 1024 * 1024,
    /** Events one store read brings to a follower that is behind the ring. */
    pageEvents: 500,
    /** What is written to a follower in one go, about. */
    pieceBytes: 64 * 1024,
    /** Someone who was up to date and falls this many events behind is closed, to come back with a cursor. */
    lagEvents: 5000,
    heartbeatMs: 15_000,
    /** How often the store is asked where rooms and memberships stand, in case a bell was lost. */
    recheckMs: 5_000,
    membershipRecheckMs: 60_000,
    /** What a closing frame tells followers to wait, at most: each is told its own random part of it. */
    retryAfterMs: 2_000,
  },
} as const;
