import { type Level, levelReader } from "./level.ts";
import { OPUS } from "./ways.ts";

/** What is to be heard. */
export type InputChoice =
  | {
      readonly kind: "microphone";
      /** The browser's own choice when undefined. */
      readonly deviceId: string | undefined;
      /** Lets the browser take out noise and echo: right for a voice, wrong for music. */
      readonly isVoice: boolean;
    }
  | { readonly kind: "file"; readonly file: File };

/** Why there is no sound to be had. */
export type InputProblem = "denied" | "missing" | "busy" | "unplayable" | "insecure";

export class InputError extends Error {
  readonly problem: InputProblem;
  constructor(problem: InputProblem, cause?: unknown) {
    super(`no sound to be had: ${problem}`, { cause });
    this.problem = problem;
  }
}

export interface Progress {
  /** Seconds. */
  readonly position: number;
  /** Seconds; not finite for a file that does not say. */
  readonly duration: number;
}

/** Sound of this machine, ready to be sent. It can be looked at before it is. */
export interface AudioInput {
  readonly context: AudioContext;
  /** Where the sound comes out; stays the same when the choice changes. */
  readonly node: AudioNode;
  choice(): InputChoice;
  /** How loud it is right now. */
  level(): Level;
  /** Takes the sound from somewhere else. Throws `InputError`, and then stays as it was. */
  choose(choice: InputChoice): Promise<void>;
  isMuted(): boolean;
  setMuted(isMuted: boolean): void;
  /** A file waits to be played until this is called; a microphone never waits. */
  play(): void;
  pause(): void;
  /** Undefined for a microphone. */
  progress(): Progress | undefined;
  /** The file is over, or the microphone gone. */
  onEnd: (() => void) | undefined;
  close(): void;
}

/** Asks for a microphone, or opens a file. Throws `InputError`. Call it from within a click. */
export async function openInput(choice: InputChoice): Promise<AudioInput> {
  try {
    return await openInputAt(choice, OPUS.sampleRate);
  } catch (thrown) {
    if (thrown instanceof InputError) throw thrown;
    // Not every browser turns a microphone's rate into another one.
    return openInputAt(choice, undefined);
  }
}

async function openInputAt(choice: InputChoice, sampleRate: number | undefined): Promise<AudioInput> {
  const context = new AudioContext({ latencyHint: "interactive", ...(sampleRate !== undefined && { sampleRate }) });
  const hub = new GainNode(context, { channelCount: OPUS.numberOfChannels, channelCountMode: "explicit" });
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  hub.connect(analyser);
  const readLevel = levelReader(analyser);
  let isPlaying = false;
  let source: OpenSource;

  const input: AudioInput = {
    context,
    node: hub,
    choice: () => choice,
    level: readLevel,
    async choose(next) {
      const opened = await open(context, next, () => input.onEnd?.());
      source.close();
      source = opened;
      choice = next;
      opened.node.connect(hub);
      if (isPlaying) opened.play();
    },
    isMuted: () => hub.gain.value === 0,
    setMuted(isMuted) {
      hub.gain.value = isMuted ? 0 : 1;
    },
    play() {
      isPlaying = true;
      source.play();
    },
    pause() {
      isPlaying = false;
      source.pause();
    },
    progress: () => source.progress(),
    onEnd: undefined,
    close() {
      source.close();
      void context.close();
    },
  };

  try {
    source = await open(context, choice, () => input.onEnd?.());
  } catch (thrown) {
    void context.close();
    throw thrown;
  }
  source.node.connect(hub);
  void context.resume();
  return input;
}

/** The microphones of this machine. Their names are empty until one of them was allowed. */
export async function listMicrophones(): Promise<MediaDeviceInfo[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId !== "");
}

interface OpenSource {
  readonly node: AudioNode;
  play(): void;
  pause(): void;
  progress(): Progress | undefined;
  close(): void;
}

function open(context: AudioContext, choice: InputChoice, onEnd: () => void): Promise<OpenSource> {
  return choice.kind === "file" ? openFile(context, choice.file, onEnd) : openMicrophone(context, choice, onEnd);
}

async function openMicrophone(
  context: AudioContext,
  { deviceId, isVoice }: InputChoice & { kind: "microphone" },
  onEnd: () => void,
): Promise<OpenSource> {
  if (navigator.mediaDevices?.getUserMedia === undefined) throw new InputError("insecure");
  const audio: MediaTrackConstraints = {
    echoCancellation: isVoice,
    noiseSuppression: isVoice,
    autoGainControl: isVoice,
    channelCount: { ideal: OPUS.numberOfChannels },
    ...(deviceId !== undefined && { deviceId: { exact: deviceId } }),
  };
  const media = await navigator.mediaDevices.getUserMedia({ audio }).catch((thrown: unknown) => {
    const name = thrown instanceof DOMException ? thrown.name : "";
    throw new InputError(MICROPHONE_PROBLEMS[name] ?? "busy", thrown);
  });
  let node: MediaStreamAudioSourceNode;
  try {
    node = new MediaStreamAudioSourceNode(context, { mediaStream: media });
  } catch (thrown) {
    for (const track of media.getTracks()) track.stop();
    throw thrown;
  }
  for (const track of media.getTracks()) track.addEventListener("ended", onEnd);
  return {
    node,
    play() {},
    pause() {},
    progress: () => undefined,
    close() {
      node.disconnect();
      for (const track of media.getTracks()) track.stop();
    },
  };
}

const MICROPHONE_PROBLEMS: Partial<Record<string, InputProblem>> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
};

/** The element reads the file as it plays: an evening of music needs no memory. */
async function openFile(context: AudioContext, file: File, onEnd: () => void): Promise<OpenSource> {
  const element = new Audio();
  const address = URL.createObjectURL(file);
  element.src = address;
  await new Promise<void>((resolve, reject) => {
    element.addEventListener("loadedmetadata", () => resolve(), { once: true });
    element.addEventListener("error", () => reject(new InputError("unplayable", element.error)), { once: true });
  }).catch((thrown: unknown) => {
    URL.revokeObjectURL(address);
    throw thrown;
  });
  element.addEventListener("ended", onEnd);
  const node = new MediaElementAudioSourceNode(context, { mediaElement: element });
  return {
    node,
    play: () => void element.play().catch(() => {}),
    pause: () => element.pause(),
    progress: () => ({ position: element.currentTime, duration: element.duration }),
    close() {
      element.removeEventListener("ended", onEnd);
      element.pause();
      node.disconnect();
      URL.revokeObjectURL(address);
    },
  };
}
