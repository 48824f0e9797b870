// Runs emulate's GitHub until standard input ends. The argument is what to begin with and the address that it calls its own, as JSON. It prints one line of JSON:
// the port that the kernel gave it and the App's private key.
import { AsyncLocalStorage } from "node:async_hooks";
import http from "node:http";
import { createEmulator } from "emulate";

// The time of a request is what its header says, in milliseconds; without one it is the machine's.
const Machine = Date;
const told = new AsyncLocalStorage();
globalThis.Date = class extends Machine {
  constructor(...given) {
    super(...(given.length > 0 ? given : [Date.now()]));
  }
  static now() {
    return told.getStore() ?? Machine.now();
  }
};

let port;
const emit = http.Server.prototype.emit;
http.Server.prototype.emit = function (event, ...given) {
  if (event === "listening") port = this.address().port;
  const now = event === "request" ? given[0].headers["x-now"] : undefined;
  return told.run(now === undefined ? undefined : Number(now), () => emit.call(this, event, ...given));
};

const { seed, baseUrl } = JSON.parse(process.argv[1]);
const github = await createEmulator({ service: "github", port: 0, seed, baseUrl });
console.log(JSON.stringify({ port, key: github.generatedSecrets[0].value }));
process.stdin.on("end", () => process.exit(0)).resume();
