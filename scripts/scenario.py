"""What scripts that play a story on a network share: steps that say what they saw, transactions that have
to succeed or to be refused, and proposals.
"""
import pathlib
import time

from network import Failure, get, wait_for


class Scenario:
    """The steps of a story, in order; each says what it saw."""

    def __init__(self, network, patience):
        self.network, self.patience = network, patience
        self.ask = network.command
        self.began = time.monotonic()
        self.imported = set()

    def say(self, text):
        status = get(0, "/v1/status", timeout=30)
        print(f"{time.monotonic() - self.began:6.1f} s  block {status['height']:>5}  "
              f"epoch {status['epoch']:>3}  {text}", flush=True)

    def until(self, what, condition, each=0.5):
        """The first answer of `condition` that is not None or false."""
        answer = None

        def asked():
            nonlocal answer
            time.sleep(each)
            answer = condition()
            return answer

        wait_for(what, self.patience, asked)
        return answer

    def submit(self, *arguments, node=0):
        """A transaction that has to do what it asks for."""
        answer = self.ask(*arguments, "--yes", "--wait", "--timeout", f"{self.patience}s", node=node)
        if answer["status"] != "finalized" or not answer["success"]:
            raise Failure(f"{arguments}: {answer}")
        return answer

    def refuse(self, code, *arguments):
        """A transaction that the chain has to refuse with this code: what it says."""
        error = self.ask(*arguments, "--yes", "--wait", refused=True)
        if error["code"] != code:
            raise Failure(f"{arguments}: refused with {error['code']}, not {code}: {error['message']}")
        return error["message"]

    def operator(self, node):
        """What signs as the operator of a validator: its key is that of the folder."""
        wallet = f"{self.network.folder}/wallet"
        password = pathlib.Path(self.network.folder, "password")
        password.write_text("only for this scenario\n")
        options = ("--home", wallet, "--password-file", password)
        if node not in self.imported:
            self.ask(*options, "keys", "import", f"op{node}", "--seed",
                     "--file", f"{self.network.home(node)}/account.seed")
            self.imported.add(node)
        return options, ("--from", f"op{node}")

    def propose(self, *arguments, sender="dev:0"):
        """Proposes, and returns the number."""
        answer = self.submit("gov", "propose", *arguments, "--from", sender)
        return next(event["proposal"] for event in answer["events"]
                    if event["type"] == "proposal-submitted")

    def status(self, number):
        return self.ask("gov", "show", number)["status"]

    def until_status(self, number, *wanted):
        return self.until(f"proposal {number} is {' or '.join(wanted)}",
                          lambda: (now := self.status(number)) in wanted and now)

    def vote(self, number, ballot="yes", nodes=None):
        """All of these validators vote, each at its own node; all of the genesis if none is named."""
        self.until_status(number, "voting")
        for node in range(self.network.validators) if nodes is None else nodes:
            options, sender = self.operator(node)
            self.submit(*options, "gov", "vote", number, ballot, "--validator", *sender, node=node)
