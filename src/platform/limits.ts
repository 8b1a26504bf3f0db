/** So many at once, and so many a second in the long run. */
export interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * Every bound of the service, as data. Times are milliseconds, sizes are bytes, unless a name says otherwise.
 * What a request may hold is bounded in the protos; what the service holds is bounded here.
 */
export const limits = {
  /** What one caller may do, counted by each process for itself. */
  rates: {
    /** By address, as the caller is not known yet. */
    signIn: { burst: 60, perSecond: 1 },
    /** Wrong passwords for one account, from wherever they come. */
    wrongPasswords: { burst: 20, perSecond: 1 / 6 },
    send: { burst: 200, perSecond: 20 },
    create: { burst: 100, perSecond: 1 },
    change: { burst: 300, perSecond: 30 },
    read: { burst: 1000, perSecond: 100 },
    open: { burst: 200, perSecond: 10 },
    /** A browser that broadcasts sends fifty packets a second, each in a call of its own at worst. */
    sound: { burst: 600, perSecond: 120 },
    /** One's own data reads everything that the service knows of somebody. */
    export: { burst: 5, perSecond: 1 / 60 },
    /** Round trips of `/test/*`, of everybody together. */
    test: { burst: 60, perSecond: 1 },
    /** Callers that are counted at once, for each kind. */
    namesKept: 100_000,
  },
  rpc: {
    messageBytes: 1024 * 1024,
    compressAboveBytes: 4096,
    /** A call without a deadline of its own gets this one; streams get none. */
    unaryTimeoutMs: 30_000,
    /** How often open streams are checked for tokens that have expired. */
    expiryCheckMs: 1000,
    /** The longest that a timer can wait; a caller's deadline beyond it is taken as this. */
    maxTimeoutMs: 2 ** 31 - 1,
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
    /** A request of one message that brings fewer than `stalledBodyBytes` in this long is given up. */
    stalledBodyMs: 30_000,
    stalledBodyBytes: 16 * 1024,
    /** Answers up to this size wait for a stalled reader as long as the connection lives; larger ones do not. */
    unwatchedAnswerBytes: 4096,
    /** The unread rest of a refused body that is swallowed, so that the connection can be used again. */
    swallowedBytes: 64 * 1024,
    /** How long a connection that must end still takes what the client sends, so that it reads the answer to the end. */
    lingerMs: 500,
    drainMs: 8_000,
  },
  telemetry: {
    /** Sets of labels that one metric may have; what is beyond them is counted together. */
    seriesPerMetric: 2000,
    eventLoopProbeMs: 50,
    /** Spans right under one span. A stream may last for days, and all that happens in it would belong to its trace. */
    spansPerSpan: 128,
    /** What a caller may send along with a trace: more of it is left out. */
    traceStateChars: 512,
    /** How long the last spans and metrics may take to be sent when the process stops. */
    flushMs: 2_000,
  },
  peers: {
    /** How long one part waits for another's answer. */
    askMs: 5000,
    accountsPerAsk: 200,
    revocationsPerPage: 1000,
    /** What administrators did, as it is told to auth. */
    auditsPerTelling: 200,
    /** How long what another part said of an account is taken as true. */
    accountMs: 1000,
    accountsCached: 10_000,
  },
  upstream: {
    /** How often an instance of a part elsewhere is asked whether it is well, and how long it may take to say so. */
    probeMs: 500,
    probeTimeoutMs: 1000,
    /** How long an answer to that is good for others who ask. */
    probeSharedMs: 100,
    connectMs: 1000,
    /** How soon one that is down is asked again, when there is a call for it. */
    askAgainMs: 50,
    /** How often it is looked whether instances that are waited for say anything: those that are silent are pinged. */
    lookMs: 100,
    /** After so long without an answer to that, calls go to others if there are any. */
    doubtMs: 300,
    /** After so long, nobody waits any more for an answer that has not begun: it is asked for elsewhere or refused. */
    stalledMs: 700,
    /** After so long, what is under way there is cut off: when others can take it, and in any case. */
    lostMs: 1500,
    silentMs: 5000,
    /** How long a call waits for an instance of which it is not known whether it is well. */
    waitMs: 700,
    callsWaiting: 10_000,
    /** What is told to callers of a part that is down. */
    retryAfterMs: 1000,
    /** What is told, at most, to those whose process is gone while others are well: each its own random part of it. */
    retryElsewhereMs: 300,
    /** A call that may be repeated is sent to this many instances at most. */
    tries: 3,
    /** What is kept of a request so that it can be sent again, and of an answer so that it goes out in one piece. */
    keptBytes: 64 * 1024,
    sessionsPerInstance: 64,
    streamWindowBytes: 256 * 1024,
    sessionWindowBytes: 16 * 1024 * 1024,
    sessionMemoryMb: 256,
    /** How often the addresses of a name are looked up, and while none of them will do. */
    resolveMs: 5000,
    resolveAgainMs: 1000,
    addressesPerName: 64,
  },
  token: {
    accessMs: 10 * 60 * 1000,
    refreshMs: 30 * 24 * 60 * 60 * 1000,
    refreshGraceMs: 30_000,
    verifiedCached: 20_000,
    /** How soon after the last time it is looked again what keys there are, when an unknown one turns up. */
    keysReloadMs: 1000,
    /** How often a part elsewhere asks auth for its keys, so that it has them when auth cannot be reached. */
    keysRefreshMs: 60_000,
    /** How soon it asks again when it has none. */
    keysRetryMs: 500,
    sessionsPerUser: 50,
    /** How often what was revoked is read from the store, in case a bell was lost. */
    revocationCheckMs: 5_000,
    /** How far such a reading goes back behind the one before it. */
    revocationOverlapMs: 60_000,
  },
  cluster: {
    /** How long a process's word for itself is good, and how often it makes a new one. */
    tokenMs: 5 * 60_000,
    renewMs: 60_000,
  },
  password: { parallelHashes: 2, waitingHashes: 200 },
  store: {
    /** Writes that share one commit. */
    writesPerCommit: 256,
    /** Writes that SQLite's log holds, on average, before they go into the database file. */
    writesPerCheckpoint: 1000,
    writesWaiting: 10_000,
    requestIdMs: 24 * 60 * 60 * 1000,
    requestSweepMs: 10 * 60 * 1000,
    postgres: {
      /** Connections of a process that read, and that write. */
      readers: 10,
      writers: 10,
      idleMs: 60_000,
      /** How long connecting, and waiting for a free connection, may take. */
      connectMs: 3000,
      /** What the server ends by itself: a statement, locks it waits for included, and a transaction that does nothing. */
      statementMs: 10_000,
      idleInTransactionMs: 10_000,
      /** A connection on which an answer takes longer than this is taken for lost. */
      answerMs: 15_000,
      /** Connections to a server that only reads, as another has taken over, are given up this often at most. */
      renewMs: 1000,
      /** How often a work runs that the server has undone because another was in its way. */
      attempts: 3,
      /** How long it waits before, at most. */
      againMs: 50,
      /** How long a start waits for a server that is not there yet. */
      startMs: 30_000,
      startRetryMs: 250,
    },
  },
  bus: {
    /** The largest message; NATS takes 1 MiB with its headers unless it is told otherwise. */
    payloadBytes: 512 * 1024,
    /** The largest event that a bell carries; a larger one is read from the store. */
    bellBytes: 64 * 1024,
    /** Messages that wait for a process that follows over RPC. */
    relayWaiting: 10_000,
    probeMs: 1000,
    /** How long a start waits for NATS before it fails. */
    startMs: 15_000,
    connectMs: 5_000,
    /** The pause between attempts to come back: half of it to one and a half. */
    reconnectMs: 200,
    /** How often a silent connection is tried; it is lost after two tries without an answer. */
    pingMs: 5_000,
    /** What may be underway to a NATS that confirms nothing; beyond it messages are dropped. */
    underwayBytes: 16 * 1024 * 1024,
    /** Gaps that follow one another within this time are told as one. */
    gapSettleMs: 1_000,
    /** How long an answer may take when whoever asks does not say. */
    answerMs: 30_000,
  },
  chat: {
    /** Senders in rooms of whom a process remembers what they may do, so that it need not ask before they send. */
    sendersKnown: 20_000,
    membersPerRoom: 100_000,
    roomsPerUser: 1000,
    roomsCreatedPerUser: 500,
    invitesPerRoom: 1000,
    /** Others whom an account blocks. */
    blocksPerUser: 1000,
    /** Flags of moderators count too. */
    openReportsPerUser: 200,
    openReportsPerRoom: 5000,
    /** Different emoji on one message. */
    reactionKinds: 20,
    /** Users that a reaction names; it counts all of them. */
    reactionUsersNamed: 100,
    pinsPerRoom: 50,
    mentionsPerMessage: 50,
    /** Rooms and conversations that one answer says the unread messages of. */
    unreadLines: 5000,
    /** Messages whose words are taken into the search index in one write. */
    searchIndexedAtOnce: 100,
    /** Such writes that a search waits for, when so many messages were not taken in yet. */
    searchBatchesAwaited: 20,
    /** One search looks so often, and on for so long, before it answers with what it has, and where to go on. */
    searchLooks: 4,
    searchMs: 1,
    /** How long one looks on that goes on from there: whoever asks for it wants more than what is near. */
    searchOnMs: 6,
    /** Stretches of messages that PostgreSQL looks through at once, and words in all that it looks for in them. */
    searchStretchesAtOnce: 8,
    searchTermsAtOnce: 256,
    /** Hits that are looked at for some that the caller may read, once there was one that they may not. */
    searchHitsAtOnce: 200,
    /** Events kept for those who resume; older ones ask for a snapshot. */
    eventsKeptPerRoom: 100_000,
    /** So that no write pays for many. */
    eventsForgottenAtOnce: 1000,
    /** How often followers hear that somebody still types. */
    typingRepeatMs: 3000,
    /** Messages of a user beyond this since their last counting are added up, to be counted no more. */
    messagesCountedAnew: 1000,
    sanctionSweepMs: 5_000,
    /** How often erased accounts are looked for, in case the bell was lost. */
    erasureCheckMs: 60_000,
  },
  presence: {
    /** Who comes back within this has never left, for others. */
    graceMs: 4_000,
    /** Changes are gathered this long before others hear of them. */
    gatherMs: 50,
    usersAtOnce: 200,
    /** Users, their rooms and whom they blocked in one message to other processes: about 200 KB. */
    messageNames: 5000,
    /** Where more are there than this, nobody is told of each who comes and goes: the count says it. */
    toldInRoomsUpTo: 250,
    /** How often a process says that it is still there, and after which silence its users have left. */
    aliveMs: 10_000,
    silentMs: 30_000,
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
    /** After a gap of the bus, all that followers may see is looked at within this time. */
    gapRecheckMs: 5_000,
    /** What a closing frame tells followers to wait, at most: each is told its own random part of it. */
    retryAfterMs: 2_000,
  },
  stream: {
    streamsPerUser: 500,
    listenersPerStream: 20_000,
    listenersPerUser: 64,
    /** A listener who does not listen for this long has left. */
    idleListenerMs: 60_000,
    listenerSweepMs: 5_000,
    /** How often what was listened to is stored: as much is lost when the process is killed. */
    listeningStoredMs: 5_000,
    /** Sound that comes after a longer pause than this begins a new span of listening. */
    spanGapMs: 3_000,
    /** Listeners that one write deals with, so that no other write waits for long. */
    listenersPerWrite: 500,
    /** Events kept for those who resume; older ones ask for a snapshot. */
    eventsKeptPerStream: 20_000,
    /** Stream keys that are remembered for a CreateStream that is repeated. */
    keysRemembered: 1000,
    recordingsInSummary: 100,
    /** How long StopRecording waits for the file to be closed before it answers PROCESSING. */
    recordingClosesMs: 5_000,
    accessRecheckMs: 60_000,
    /** How often an instance says that it runs, and after which silence others take it for gone. */
    instanceBeatMs: 400,
    instanceSilentMs: 1_500,
    /** How long one instance waits for what it asks of another. */
    instanceCallMs: 1_000,
    /** How often it is looked for what instances left that are gone, and how often for sources that did not return. */
    orphanSweepMs: 10_000,
    overdueSweepMs: 1_000,
    /** Whoever ends a stream whose source did not return has this long, before another tries. */
    overdueClaimMs: 10_000,
    /** How long nobody is let in to a stream that another instance takes off air, should it never say that it has. */
    endingElsewhereMs: 10_000,
    requestSweepMs: 10 * 60_000,
    erasureCheckMs: 60_000,
    /** How often what administrators did is told to auth. */
    adminActsMs: 2_000,
  },
  live: {
    /** How long a source that dropped may take to return, with its listeners and recordings waiting. */
    sourceReturnMs: 15_000,
    /** A source that sends nothing for this long has dropped. */
    sourceStallMs: 10_000,
    /** How far a source may be ahead of the time; beyond it, it is read no faster than it plays. */
    sourceAheadMs: 3_000,
    /** What is read of a source before looking whether it is ahead: less than a second of any sound. */
    sourcePieceBytes: 4 * 1024,
    /** Broadcasts by chunks that are remembered after their end, so that a chunk sent again is told so. */
    endedPublishes: 10_000,
    /** Sound that is kept for listeners, in each quality that somebody listens to. */
    ringMs: 8_000,
    /** What a listener over HTTP gets at once, so that a player with a buffer of its own begins soon. */
    burstMs: 2_000,
    /** What a listener over RPC gathers before it plays, and gets at once. */
    playerBufferMs: 300,
    tickMs: 100,
    /** What a player over HTTP gets at a time: it has a burst in hand, and each write costs the same. */
    httpPieceMs: 250,
    /** How full a player's buffer has to be to be well. */
    healthyBufferMs: 200,
    /** AUTO steps up after this long without trouble, and not before `autoHoldMs` after it had to step down. */
    autoRiseMs: 20_000,
    autoHoldMs: 60_000,
    /** How long sound waits for the packet at which another quality begins. */
    switchHoldMs: 500,
    /** A listener this far behind steps down if it may, and goes on live. */
    listenerLagMs: 3_000,
    /** A listener that takes nothing for this long is closed. */
    stalledListenerMs: 20_000,
    heartbeatMs: 15_000,
    /** How long listeners wait, at most, before they go to another process, when theirs stops. */
    shutdownRetryMs: 300,
    /** How often an instance says which renditions it relays, and how long they are sent to it after the last word. */
    wantMs: 1_000,
    wantedMs: 3_500,
    /** How often the store is asked where streams stand that sound here, in case a bell was lost. */
    recheckMs: 5_000,
    /** Sound from before that is sent along when a rendition is first relayed, at most: bytes. */
    backfillBytes: 384 * 1024,
    /** How often ICY titles come, in bytes of sound. */
    icyMetaBytes: 16_000,
    metricsMs: 10_000,
    /** A report older than this says nothing of a player any more. */
    reportMs: 30_000,
    /** What a recording may hold in memory, waiting for the disk. */
    recorderBytes: 8 * 1024 * 1024,
    /** How long ended streams of requests and sockets may take to read their answer. */
    answerMs: 2_000,
    /** Sources at once whose sound ffmpeg converts. */
    transcoders: 8,
    /** ffmpeg that takes and gives nothing for this long will find no sound any more. Less than `sourceStallMs`. */
    transcoderQuietMs: 8_000,
    /** The end of what ffmpeg complains about that is kept for the log. */
    transcoderComplaintChars: 2_000,
  },
  files: {
    /** What one upload may hold. */
    fileBytes: 50 * 1024 * 1024,
    /** An upload that takes longer is given up. */
    uploadMs: 60 * 60 * 1000,
    nameCharacters: 200,
    /** Fields of a form besides the file, and the size of each. */
    formParts: 20,
    formFieldBytes: 4096,
    /** All that a form may hold before its file. */
    formBytesBeforeFile: 256 * 1024,
    /** What an account may keep, in all. */
    bytesPerUser: 5 * 1024 * 1024 * 1024,
    uploadsAtOncePerUser: 4,
    /** Uploads of an account that belong to no message yet. */
    unattachedPerUser: 50,
    /** An upload that belongs to no message for this long is removed. */
    unattachedMs: 6 * 60 * 60 * 1000,
    sweepMs: 2_000,
    /** What one round of removing deals with at a time. */
    removedAtOnce: 100,
    /** A file that could not be removed is tried again after this long. */
    removalRetryMs: 60_000,
    /** What came in and was never kept is removed after this long: only a process that was killed leaves any. */
    incomingMs: 6 * 60 * 60 * 1000,
    incomingSweepMs: 60 * 60 * 1000,
    pieceBytes: 64 * 1024,
    /** A picture of more pixels is kept as it is, and gets no small one: it would cost memory to look at. */
    imagePixels: 50_000_000,
    /** How often a picture is looked into for what was written about it: at each of its parts, and every 64 KiB. */
    pictureLooks: 100_000,
    thumbnailPixels: 360,
    thumbnailQuality: 78,
    thumbnailMs: 15_000,
    /** Pictures at once of which small ones are made, and that wait for it. */
    thumbnailsAtOnce: 1,
    thumbnailsWaiting: 200,
    s3Retries: 3,
    s3AnswerMs: 15_000,
    s3ComplaintChars: 500,
  },
} as const;
