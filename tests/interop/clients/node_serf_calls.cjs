// Calls an agent with node-serf in Node, and prints what came back as JSON: HOST PORT OTHER TARGET.
//
// OTHER is an agent to be joined, TARGET the name of a member that has failed.

const serf = require("node-serf");

/** What a call returns, or its error. */
function answer(client, command, body) {
  return new Promise((resolve) =>
    client[command](
      body,
      (error, result) => resolve(error ? { error: error.message } : result ?? null),
    )
  );
}

/** The first so many records of a stream. */
function records(stream, count) {
  const seen = [];
  return new Promise((resolve) =>
    stream.on("data", (record) => {
      seen.push(record);
      if (seen.length === count) resolve(seen);
    })
  );
}

function listening(stream) {
  return new Promise((resolve) => stream.on("listen", resolve));
}

async function call(client, other, target) {
  const called = {
    "join": await answer(client, "join", { Existing: [other], Replay: false }),
    "members": await answer(client, "members", null),
    "members-filtered": await answer(client, "members-filtered", { Status: "failed" }),
    "force-leave": await answer(client, "force-leave", { Node: target }),
    "tags": await answer(client, "tags", { Tags: { new: "\u{1f30d}" } }),
    "stats": await answer(client, "stats", null),
  };
  const events = client.stream({ Type: "user:hello,query:who" });
  await listening(events);
  const streamed = records(events, 2);
  called.event = await answer(client, "event", { Name: "hello", Payload: "w\u00f6rld" });
  const query = { Name: "who", Payload: "?", FilterNodes: ["n1"], RequestAck: true };
  const answered = records(client.query({ ...query, Timeout: 1e9 }), 2);
  called.streamed = await streamed;
  called.answered = await answered;
  for (const record of called.streamed) delete record.ID;
  return called;
}

const [host, port, other, target] = process.argv.slice(2);
const client = serf.connect({ host, port: Number(port) }, async (error) => {
  if (error) throw error;
  console.log(JSON.stringify(await call(client, other, target)));
  client.end();
});
