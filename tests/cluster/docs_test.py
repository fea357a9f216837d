#!/usr/bin/python3
"""Runs every command of docs/cluster.md, in its order. Exit code 77: Slurm or PostgreSQL is not installed.

db.example is the private server, by PostgreSQL's own variables; ssh is a script that stays on this host.
"""
import json
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import needs
from leash import PATIENCE
from postgres import Postgres
from slurm import Slurm
from study import PROGRAM, StudyTest, environment

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "cluster.md").read_text()
SSH = '#!/bin/sh\nshift\nexec sh -c "$*"\n'
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
# What some blocks print, by what they hold.
SAYS = {
    "sweetspot list": r"mnist +sweep +26 +26 ",
    "--study slurm --workers 4 --time": r"(?s)Submitted batch job.*sweep: 26 trials, 26 ended.*job \S+ on n[12]",
    "--dry-run": "#SBATCH --array=1-4",
    "--seeds 2": "study kept in study mnist of",
    "sweetspot cancel": "sweep: [0-9]+ trials cancelled",
    "sh train.sh": "study kept in study own of",
}


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.M | re.S)


class DocsTest(StudyTest):
    @classmethod
    def setUpClass(cls):
        needs.servers(Postgres, Slurm)
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="sweetspot-docs-")))
        cls.certificate = cls.make_certificate(folder)
        cls.server = cls.enterClassContext(Postgres(password="administrator", settings={
            "ssl": "on", "ssl_cert_file": folder / "server.pem", "ssl_key_file": folder / "server.key"}))
        cls.server.psql("CREATE ROLE postgres SUPERUSER LOGIN PASSWORD 'administrator'")
        cls.slurm = cls.enterClassContext(Slurm())

    @staticmethod
    def make_certificate(folder):
        folder.chmod(0o755)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                        "/CN=db.example", "-keyout", folder / "server.key", "-out", folder / "server.pem"],
                       check=True, capture_output=True)
        users = {user.pw_name for user in pwd.getpwall()}
        shutil.chown(folder / "server.key", "postgres" if "postgres" in users else "nobody")
        return folder / "server.pem"

    def setUp(self):
        super().setUp()
        home, programs = self.folder / "home", self.folder / "bin"
        for folder in (home, programs):
            folder.mkdir()
        self.passwords = home / ".pgpass"
        self.passwords.write_text("db.example:*:*:postgres:administrator\n")
        self.passwords.chmod(0o600)
        (programs / "sweetspot").symlink_to(PROGRAM)
        (programs / "ssh").write_text(SSH)
        (programs / "ssh").chmod(0o755)
        shutil.copy(self.certificate, self.folder / "ca.pem")
        shutil.copy(ROOT / "examples" / "own-program" / "train.sh", self.folder)
        (self.folder / "mnist.toml").write_text(blocks("toml")[0])
        self.environment = environment(
            HOME=str(home), XDG_CACHE_HOME=str(CACHE), PATH=f"{programs}:{os.environ['PATH']}",
            PGHOSTADDR="127.0.0.1", PGPORT=str(self.server.port), SLURM_CONF=self.slurm.environment()["SLURM_CONF"])

    def shell(self, script):
        """What it prints; every command has to end with 0, those in the background too."""
        # As on the page, but that a server on a busy machine is waited for.
        store = re.search("^STORE='.*(?='$)", TEXT, re.M)[0] + f"&connect_timeout={PATIENCE * 60}'"
        script = re.sub("^wait$", 'for job in $(jobs -p); do wait "$job"; done', script, flags=re.M)
        done = subprocess.run(["bash", "-euc", f"{store}\n{script}"], cwd=self.folder, env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=PATIENCE * 300)
        self.assertEqual(done.returncode, 0, f"{script}\n{done.stdout}")
        self.assertNotIn("sweetspot: ", done.stdout, script)
        return done.stdout

    def test_every_command(self):
        left = dict(SAYS)
        for script in blocks("sh"):
            said = self.shell(script)
            for key in [key for key in left if key in script][:1]:
                self.assertRegex(said, left.pop(key), script)
        self.assertEqual(left, {}, "no block has these any more")
        self.assertTrue((self.folder / "mnist-report" / "index.html").exists())
        for host in ("node1", "node2"):
            self.assertIn("sweep: worker ", (self.folder / f"{host}.log").read_text())
        self.check_results()
        self.check_printed_commands()
        self.check_owner()
        self.check_roles()
        self.check_kubernetes()

    def results(self, place):
        shown = json.loads(self.shell(f"sweetspot show {place} --json"))["trials"]
        return {(json.dumps(trial["config"]), trial["seed"]): (trial["outcome"], trial["curve"]) for trial in shown}

    def check_results(self):
        """The same study, by hand, by Slurm and in a file; the first with a second seed."""
        file = self.results("results.db")
        self.assertEqual(len(file), 26)
        self.assertEqual(self.results('--store "$STORE" --study slurm'), file)
        extended = self.results('--store "$STORE" --study mnist')
        self.assertEqual(len(extended), 52)
        self.assertEqual({key: extended[key] for key in file}, file)

    def check_printed_commands(self):
        """A command that sweetspot prints can be pasted, whatever the URL has in it."""
        said = self.shell('sweetspot submit mnist.toml --store "$STORE&keepalives=1" --study printed')
        self.shell("sweetspot cancel --store \"$STORE\" --study printed")
        self.shell(re.search("; (sweetspot status .*) watches it", said)[1])

    def check_owner(self):
        """The role of the page owns its schema and what is in there, and may do nothing else."""
        self.assertEqual(self.server.psql(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = 'sweetspot' AND "
            "relnamespace NOT IN ('sweetspot'::regnamespace, 'pg_toast'::regnamespace)", "tuning"), "0")
        self.assertEqual(self.server.psql(
            "SELECT has_database_privilege('sweetspot', 'tuning', 'CREATE'), "
            "has_database_privilege('sweetspot', 'tuning', 'TEMPORARY'), "
            "has_schema_privilege('sweetspot', 'public', 'CREATE'), rolsuper, rolcreatedb, rolcreaterole "
            "FROM pg_roles WHERE rolname = 'sweetspot'", "tuning"), "f|f|f|f|f|f")

    def check_roles(self):
        """The trainer trains, sweeps and searches; the reader reads."""
        self.server.psql("".join(blocks("sql")), "tuning")
        with open(self.passwords, "a") as passwords:
            passwords.write("db.example:*:*:trainer:another\ndb.example:*:*:reader:a third\n")
        trainer, reader = (f"--store postgresql://{role}@db.example/tuning?connect_timeout={PATIENCE * 60}"
                           for role in ("trainer", "reader"))
        self.shell(f"sweetspot sweep mnist.toml {trainer} --study small --learning-rates 1e-2 --threads 1")
        self.shell(f"sweetspot tune {trainer} --study small --model tiny --cost 2x --budget 50 --threads 1 "
                   "--target train_accuracy=0.2")
        self.shell(f"sweetspot cancel {trainer} --study small")
        self.shell(f"sweetspot list {reader}")
        for command in ("status", "show", "report --output read"):
            self.shell(f"sweetspot {command} {reader} --study mnist")
        refused = subprocess.run(f"sweetspot cancel {reader} --study mnist", shell=True, env=self.environment,
                                 cwd=self.folder, text=True, capture_output=True)
        self.assertEqual(refused.returncode, 4, refused.stderr)
        self.assertIn("the role may not do this", refused.stderr)

    def check_kubernetes(self):
        """The Job's form, as far as YAML goes, and its container's command."""
        try:
            import yaml
        except ImportError:
            return
        job = yaml.safe_load(blocks("yaml")[0])
        self.assertEqual((job["apiVersion"], job["kind"]), ("batch/v1", "Job"))
        pod = job["spec"]["template"]["spec"]
        self.assertEqual(pod["restartPolicy"], "Never")  # what a podFailurePolicy needs
        container = pod["containers"][0]
        self.assertEqual({mount["name"] for mount in container["volumeMounts"]},
                         {volume["name"] for volume in pod["volumes"]})
        self.assertIn(f"sweetspot:{self.shell('sweetspot --version').split()[-1]}", container["image"])
        command = [word.replace("/etc/tuning/ca.pem", str(self.folder / "ca.pem")) for word in container["command"]]
        self.passwords.unlink()
        done = subprocess.run(command, env={**self.environment, "PGPASSWORD": "a password"}, cwd=self.folder,
                              text=True, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    needs.main()
