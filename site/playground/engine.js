// Python as the page sees it: questions go in, answers come out, and a new one is started when
// one is lost. Of questions that are asked while one is being answered, only the last counts.

const PATIENCE = 30000; // ms: after this a question counts as lost

export class Engine {
  constructor(tell, answered) {
    this.tell = tell; // (words, busy): what is happening, for people
    this.answered = answered; // (answer): what Python says
    this.next = null;
    this.asked = null;
    this.count = 0;
    this.start();
  }

  start() {
    this.ready = this.failed = false;
    this.worker?.terminate();
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.receive(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      if (this.ready) this.restart();
      else this.fail("the worker did not start");
    };
  }

  get busy() {
    return Boolean(this.asked || this.next);
  }

  ask(question) {
    this.next = { question, tries: 0 };
    if (this.failed) this.start(); // the network may be back
    if (!this.ready) this.tell(this.words ?? "Waiting for Python…", true);
    this.post();
  }

  post() {
    if (!this.ready || this.asked || !this.next) return;
    this.asked = { ...this.next, id: ++this.count };
    this.next = null;
    this.timer = setTimeout(() => this.restart(), PATIENCE);
    this.worker.postMessage({ id: this.asked.id, question: this.asked.question });
  }

  receive(message) {
    if (message.state === "loading") {
      this.words = `Python is loading (${(message.bytes / 1e6).toFixed(1)} MB); the picture works already.`;
      this.tell(this.words, true);
    } else if (message.state === "starting") {
      this.words = "Python is starting…";
      this.tell(this.words, true);
    } else if (message.state === "ready") {
      this.ready = true;
      this.tell("Python is ready.", false);
      this.post();
    } else if (message.state === "failed") this.fail(message.error);
    else if (message.state === "crashed") this.restart();
    else if (message.id === this.asked?.id) {
      clearTimeout(this.timer);
      this.asked = null;
      this.answered(message.answer);
      this.post();
    }
  }

  fail(why) {
    this.failed = true;
    this.words = null;
    this.tell(`Python could not be loaded (${why}). The picture works without it.`, false);
    const lost = this.next;
    this.next = null;
    if (lost) this.answered({ ...lost.question, picture: null, error: "error: Python is not here, so nothing new can be computed: draw again to load it once more" });
  }

  // The interpreter is lost: a new one answers what waits. What killed two is not asked again.
  restart() {
    clearTimeout(this.timer);
    const lost = this.asked;
    this.asked = null;
    this.words = "Python stopped, and is starting again…";
    this.tell(this.words, true);
    if (lost?.tries === 0) this.next ??= { question: lost.question, tries: 1 };
    else if (lost) {
      this.answered({ ...lost.question, picture: null, error: "error: this is too much for Python in a browser: try something smaller" });
    }
    this.start();
  }
}
