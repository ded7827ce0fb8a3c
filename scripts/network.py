"""A network of validator processes on loopback, from one genesis file, for the scripts beside.

The ports are 27600 and 28080 and those that follow; the environment variable ALTHING_PORT_OFFSET is
added to both, so that two scripts can run at a time.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

P2P_PORT = 27600 + int(os.environ.get("ALTHING_PORT_OFFSET", "0"))
API_PORT = 28080 + int(os.environ.get("ALTHING_PORT_OFFSET", "0"))


class Failure(Exception):
    """The network broke a promise."""


def get(node, path, timeout=5):
    url = f"http://127.0.0.1:{API_PORT + node}{path}"
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return json.load(answer)


def height(node):
    try:
        return get(node, "/v1/status")["height"]
    except (urllib.error.URLError, OSError, KeyError, ValueError):
        return None


class Network:
    """Folders of the validators and the processes that run."""

    def __init__(self, binary, folder, validators=4, load_accounts=5000, genesis=()):
        """`genesis` are further options of `genesis new`; None makes no genesis and no folders."""
        self.binary, self.folder, self.processes = binary, folder, {}
        self.validators = validators
        if genesis is not None:
            self.command("genesis", "new", "--output", f"{folder}/genesis.json", "--preset", "devnet",
                         "--validators", validators, "--homes", f"{folder}/homes",
                         "--p2p-port", P2P_PORT, "--api-port", API_PORT,
                         "--dev-accounts", 10, "--load-accounts", load_accounts, *genesis)

    def command(self, *arguments, node=0, refused=False):
        """One command of the CLI against a node: what it prints as JSON.

        It has to succeed; with `refused` it has to fail, and the failure is returned.
        """
        text = self.text(*arguments, node=node, refused=refused)
        try:
            return json.loads(text.splitlines()[-1]) if text else None
        except ValueError as error:
            raise Failure(f"althing {arguments[0]} prints no JSON: {text[-300:]}") from error

    def text(self, *arguments, node=0, refused=False):
        """The same as it is printed."""
        process = self.spawn(*arguments, node=node)
        out, err = process.communicate(timeout=600)
        if (process.returncode != 0) != refused:
            line = "althing " + " ".join(str(argument) for argument in arguments)
            raise Failure(f"{line}: exit status {process.returncode}: {err.strip()}")
        return (err if refused else out).strip()

    def spawn(self, *arguments, node=0):
        """A command of the CLI that runs while others do."""
        command = [self.binary, "--node", f"http://127.0.0.1:{API_PORT + node}", "--json"]
        return subprocess.Popen(command + [str(argument) for argument in arguments], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def home(self, node):
        return f"{self.folder}/homes/node{node}"

    def start(self, node, *options):
        with open(f"{self.folder}/node{node}.log", "ab") as log:
            self.processes[node] = subprocess.Popen(
                [self.binary, "--home", self.home(node), "start", *options], stdout=log, stderr=log)

    def start_all(self):
        for node in range(self.validators):
            self.start(node)
        for node in range(self.validators):
            wait_height(node, 2, 120)

    def kill(self, node):
        self.processes[node].send_signal(signal.SIGKILL)
        self.processes[node].wait()

    def alive(self, node):
        return self.processes[node].poll() is None

    def tails(self, lines=15, columns=300):
        """Prints the end of each node's log."""
        for node in sorted(self.processes):
            print(f"--- node{node}: {'runs' if self.alive(node) else 'is gone'}")
            tail = pathlib.Path(f"{self.folder}/node{node}.log").read_text(errors="replace")
            print("\n".join(line[:columns] for line in tail.splitlines()[-lines:]))

    def stop(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for(what, seconds, condition):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.2)
    raise Failure(f"{what}: not within {seconds} s")


def wait_height(node, target, seconds):
    wait_for(f"node{node} reaches height {target}", seconds, lambda: (height(node) or 0) >= target)


def check_agreement(nodes):
    """Blocks, receipts and state roots at every common height: the height, and the comparisons."""
    top = min(height(node) or 0 for node in nodes)
    seen = {}
    checked = 0
    for at in range(1, top + 1):
        for node in nodes:
            block = get(node, f"/v1/blocks/{at}")
            roots = (block["hash"], block["state_root"], block["receipts_root"])
            if seen.setdefault(at, roots) != roots:
                raise Failure(f"node{node} disagrees at height {at}: {roots} against {seen[at]}")
            checked += 1
    return top, checked


def bench(binary, nodes, *options):
    """Starts `althing bench` against these nodes."""
    command = [binary, "--node", f"http://127.0.0.1:{API_PORT + nodes[0]}", "--json", "bench"]
    command += [str(option) for option in options]
    for node in nodes[1:]:
        command += ["--also", f"http://127.0.0.1:{API_PORT + node}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def bench_result(process):
    out, err = process.communicate(timeout=1800)
    if process.returncode != 0:
        raise Failure(f"the load generator failed: {err.strip()}")
    return json.loads(out.strip().splitlines()[-1])


def memory_mib(pid, what):
    """A figure of /proc/PID/status: VmRSS is memory now, VmHWM its peak."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) // 1024


def in_folder(name, work, parent=None, keep=False):
    """Runs work(folder) in a temporary folder; the exit status, after FAIL with the reason if 1."""
    folder = tempfile.mkdtemp(prefix=f"althing-{name}-", dir=parent)
    try:
        work(folder)
    except (Failure, subprocess.SubprocessError, OSError) as failure:
        print(f"FAIL {failure}")
        return 1
    finally:
        if keep:
            print(f"kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return 0
