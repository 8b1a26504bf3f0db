import type { Bus } from "../platform/bus/bus.ts";
import { Failure, Reason } from "../platform/failure.ts";
import type { InstanceId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import type { Instances } from "./instances.ts";

/** Something that one instance asks of another: its name, and by their types the question and the answer, both JSON. */
export interface Call<Question, Answer> {
  readonly name: string;
  /** How long to wait for the answer, unless `limits.stream.instanceCallMs`. */
  readonly timeoutMs?: number;
  readonly question?: Question;
  readonly answer?: Answer;
}

/** What goes along that is no JSON, such as sound. */
export interface WithBytes<Content> {
  readonly content: Content;
  readonly bytes: Uint8Array;
}

/** How instances ask each other, by the bus. What nobody answers throws UNAVAILABLE or DEADLINE_EXCEEDED. */
export interface InstanceCalls extends Disposable {
  ask<Question, Answer>(
    instance: InstanceId,
    call: Call<Question, Answer>,
    question: Question,
    bytes?: Uint8Array,
  ): Promise<WithBytes<Answer>>;
  /** Asks all others at once, and resolves to what those answer that can be reached. */
  askOthers<Question, Answer>(call: Call<Question, Answer>, question: Question): Promise<Answer[]>;
  /** Answers a call from now on. What the answerer throws as a Failure is thrown where it was asked. */
  answer<Question, Answer>(
    call: Call<Question, Answer>,
    answerer: (question: Question, bytes: Uint8Array) => Promise<Answer | WithBytes<Answer>>,
  ): void;
}

const none = new Uint8Array();
const subjectOf = (instance: InstanceId, { name }: Call<unknown, unknown>) => `stream.instance.${instance}.${name}`;

export function createInstanceCalls(needs: { bus: Bus; instances: Instances }): InstanceCalls {
  const { bus, instances } = needs;
  const answering = new DisposableStack();

  const calls: InstanceCalls = {
    async ask(instance, call, question, bytes = none) {
      const { timeoutMs = limits.stream.instanceCallMs } = call;
      const answer = await bus.request(subjectOf(instance, call), pack({ content: question, bytes }), { timeoutMs });
      return unpack(answer);
    },
    async askOthers(call, question) {
      const asked = await Promise.allSettled(instances.others().map((instance) => calls.ask(instance, call, question)));
      return asked.flatMap((each) => {
        if (each.status === "fulfilled") return [each.value.content];
        if (isUnreachable(each.reason)) return [];
        throw each.reason;
      });
    },
    answer(call, answerer) {
      answering.use(
        bus.answer(subjectOf(instances.id, call), async (payload) => {
          const { content, bytes } = unpack<never>(payload);
          const answer = await answerer(content, bytes);
          return pack(isWithBytes(answer) ? answer : { content: answer, bytes: none });
        }),
      );
    },
    [Symbol.dispose]: () => answering.dispose(),
  };
  return calls;
}

/** Whether it was the other instance that could not be reached. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof Failure && (error.reason === Reason.UNAVAILABLE || error.reason === Reason.DEADLINE_EXCEEDED);
}

function isWithBytes<Answer>(answer: Answer | WithBytes<Answer>): answer is WithBytes<Answer> {
  return (answer as Partial<WithBytes<Answer>> | undefined)?.bytes instanceof Uint8Array;
}

/** The length of the JSON, 32 bits; the JSON; the bytes. */
function pack({ content, bytes }: WithBytes<unknown>): Uint8Array {
  const json = Buffer.from(JSON.stringify(content ?? null));
  const packed = Buffer.allocUnsafe(4 + json.length + bytes.length);
  packed.writeUInt32LE(json.length, 0);
  packed.set(json, 4);
  packed.set(bytes, 4 + json.length);
  return packed;
}

function unpack<Content>(packed: Uint8Array): WithBytes<Content> {
  const buffer = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const end = 4 + buffer.readUInt32LE(0);
  return { content: JSON.parse(buffer.toString("utf8", 4, end)) as Content, bytes: buffer.subarray(end) };
}
