/**
 * The least that an agent in Deno can do: the input and output of one, and nothing of its protocol. It shows how much of what
 * ours takes is Deno's.
 *
 * It answers those RPC commands that benchmarks need. Who joins gives the first agent a name and an address over TCP and gets
 * those of all others, who are told in datagrams. An event takes one datagram to each member, along a tree. There are no
 * probes, repetitions, logs, checks or errors: a datagram that is lost is lost.
 *
 * It imports nothing, and is run with the flags of the bundle.
 *
 * @module
 */

interface Member {
  readonly hostname: string;
  readonly port: number;
}

/** One request: the command and, if it has one, its body. */
interface Request {
  readonly command: string;
  readonly seq: Uint8Array;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Between two datagrams to a member about others who have joined, milliseconds. */
const NEWS_MS = 20;
/** How many members each one passes an event on to. */
const FAN_OUT = 3;
const BUFFER_BYTES = 65_536;
/** Ends a state, which is JSON. */
const END = 0;
/** The commands of RPC whose requests have no body. */
const WITHOUT_BODY = ["stats", "members", "leave"];

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const neverChanged = new Int32Array(new SharedArrayBuffer(4));

const flags = new Map(
  Deno.args.slice(1).map((flag) => {
    const [name, ...value] = flag.slice(1).split("=");
    return [name, value.join("=")];
  }),
);
const name = flags.get("node")!;
const self = addressOf(flags.get("bind")!);
const members = new Map([[name, self]]);
/** The members in the order of their names, as all know them. */
let ranked = [name];
/** Names of those who have joined and of whom nobody has been told. */
let news: string[] = [];
/** Takes the records of each event stream. */
const streams = new Set<(event: { name: string; payload: string }) => void>();

const udp = Deno.listenDatagram({ transport: "udp", ...self });
serve(self, answerState);
serve(addressOf(flags.get("rpc-addr")!), answerRequests);
const received = new Uint8Array(BUFFER_BYTES);
for (;;) hear((await udp.receive(received))[0]);

function addressOf(text: string): Member {
  const colon = text.lastIndexOf(":");
  const hostname = text.slice(0, colon).replace(/^\[|\]$/g, "");
  return { hostname, port: Number(text.slice(colon + 1)) };
}

async function serve(address: Member, answer: (conn: Deno.Conn) => Promise<void>): Promise<void> {
  for await (const conn of Deno.listen(address)) answer(conn);
}

/** The first agent answers whoever joins with all members, and tells these soon. */
async function answerState(conn: Deno.Conn): Promise<void> {
  const joined = await readState(conn);
  await conn.write(encodeState());
  conn.close();
  add(joined);
  if (news.push(...joined.map(([name]) => name)) > joined.length) return;
  await Atomics.waitAsync(neverChanged, 0, 0, NEWS_MS).value;
  const told = JSON.stringify({ joined: news.map((name) => [name, members.get(name)]) });
  news = [];
  for (const member of ranked) if (member !== name) send(member, encoder.encode(told));
}

async function join(address: string): Promise<void> {
  const conn = await Deno.connect(addressOf(address));
  await conn.write(encodeState());
  add(await readState(conn));
  conn.close();
}

function encodeState(): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${JSON.stringify([...members])}${String.fromCharCode(END)}`);
}

async function readState(conn: Deno.Conn): Promise<[string, Member][]> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (let length = 0;;) {
    length += await conn.read(buffer.subarray(length)) ?? 0;
    if (buffer[length - 1] === END) {
      return JSON.parse(decoder.decode(buffer.subarray(0, length - 1)));
    }
  }
}

function add(joined: readonly [string, Member][]): void {
  for (const [name, member] of joined) members.set(name, member);
  ranked = [...members.keys()].sort();
}

function hear(datagram: Uint8Array): void {
  const { joined, event, origin } = JSON.parse(decoder.decode(datagram));
  if (joined !== undefined) return add(joined);
  for (const tell of streams) tell(event);
  passOn(datagram.slice(), origin);
}

/** Passes an event on to our children in a tree of all members, whose root has sent it. */
function passOn(datagram: Uint8Array<ArrayBuffer>, origin: string): void {
  const count = ranked.length;
  const root = ranked.indexOf(origin);
  const place = (ranked.indexOf(name) - root + count) % count;
  const first = FAN_OUT * place + 1;
  for (let child = first; child < Math.min(first + FAN_OUT, count); child++) {
    send(ranked[(root + child) % count], datagram);
  }
}

function send(member: string, datagram: Uint8Array<ArrayBuffer>): void {
  udp.send(datagram, { transport: "udp", ...members.get(member)! });
}

/** Answers what one read has brought with one write; benchmarks send requests that are shorter than the buffer. */
async function answerRequests(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  const stop = new AbortController();
  for (let kept = 0;;) {
    const count = await conn.read(buffer.subarray(kept)).catch(() => null);
    if (count === null) break;
    const { requests, used } = readRequests(buffer.subarray(0, kept + count));
    buffer.copyWithin(0, used, kept + count);
    kept += count - used;
    const answers = requests.flatMap((request) => answer(request, { conn, signal: stop.signal }));
    if (answers.length > 0) await conn.write(new Uint8Array(answers));
  }
  stop.abort();
}

/** Returns the bytes of an answer; none if it comes later. */
function answer(
  { command, seq, body }: Request,
  { conn, signal }: { readonly conn: Deno.Conn; readonly signal: AbortSignal },
): number[] {
  const done = [...map(2), ...text("Error"), ...text(""), ...text("Seq"), ...seq];
  switch (command) {
    case "join":
      join((body.Existing as string[])[0]).then(() => {
        conn.write(new Uint8Array([...done, ...map(1), ...text("Num"), 1]));
      });
      return [];
    case "stream": {
      const tell = ({ name, payload }: { name: string; payload: string }) => {
        const record = { Event: "user", Name: name, Payload: payload };
        conn.write(new Uint8Array([...done, ...textMap(record)]));
      };
      streams.add(tell);
      signal.addEventListener("abort", () => streams.delete(tell));
      return done;
    }
    case "event": {
      const event = { name: body.Name as string, payload: body.Payload as string };
      for (const tell of streams) tell(event);
      if (members.size > 1) passOn(encoder.encode(JSON.stringify({ event, origin: name })), name);
      return done;
    }
    case "stats": {
      const serf = textMap({ members: `${members.size}`, failed: "0", left: "0" });
      return [...done, ...map(1), ...text("serf"), ...serf];
    }
    default:
      return done;
  }
}

/** The requests that are whole, and how many bytes they take. */
function readRequests(bytes: Uint8Array): { requests: Request[]; used: number } {
  const requests: Request[] = [];
  let used = 0;
  let at = 0;
  try {
    while (at < bytes.length) {
      const header = readMap();
      const command = header.Command as string;
      const body = WITHOUT_BODY.includes(command) ? {} : readMap();
      requests.push({ command, seq: header.Seq as Uint8Array, body });
      used = at;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return { requests, used };

  /** MessagePack, as far as our client's requests use it. Numbers are left as they are. */
  function read(): unknown {
    const type = take(1)[0];
    if (type >= 0x80 && type < 0x90) return readEntries(type & 15);
    if (type >= 0x90 && type < 0xa0) return Array.from({ length: type & 15 }, read);
    if (type >= 0xa0 && type < 0xc0) return decoder.decode(take(type & 31));
    switch (type) {
      case 0xc4:
      case 0xd9:
        return decoder.decode(take(take(1)[0]));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return Uint8Array.of(type, ...take(1 << (type & 3)));
      default:
        return Uint8Array.of(type);
    }
  }

  function readMap(): Record<string, unknown> {
    return read() as Record<string, unknown>;
  }

  function readEntries(count: number): Record<string, unknown> {
    return Object.fromEntries(Array.from({ length: count }, () => [read(), read()]));
  }

  function take(count: number): Uint8Array {
    if (at + count > bytes.length) throw new RangeError("The rest of a request is missing");
    return bytes.subarray(at, at += count);
  }
}

function map(size: number): number[] {
  return [0x80 + size];
}

/** At most 31 bytes in one form, or 255 in another. */
function text(value: string): number[] {
  const bytes = encoder.encode(value);
  return bytes.length < 32 ? [0xa0 + bytes.length, ...bytes] : [0xd9, bytes.length, ...bytes];
}

function textMap(entries: Readonly<Record<string, string>>): number[] {
  const all = Object.entries(entries);
  return [...map(all.length), ...all.flatMap(([key, value]) => [...text(key), ...text(value)])];
}
