"""Ways to write a pip install (between ⟦ and ⟧ what is reported), and text that only looks like one."""

RUNS = r"""
⟦pip install⟧ numpy
⟦pip3 install⟧ numpy
⟦pip3.12 install⟧ numpy
⟦pip.exe install⟧ numpy
⟦pip install⟧
⟦pip	install⟧	numpy
⟦pip -q --isolated install⟧ numpy
⟦pip --python .venv install⟧ numpy
⟦pip --proxy http://proxy.example install⟧ numpy
⟦pip $OPTIONS install⟧ numpy
⟦pip install⟧ --upgrade pip
⟦pip install⟧ uv==0.9.0
⟦pip install⟧ -e . --no-deps
⟦pip install⟧ --require-hashes -r requirements.txt
⟦pip install⟧ a>=1 b
⟦pip 2>/dev/null install⟧ numpy
>log ⟦pip install⟧ numpy
⟦python -m pip install⟧ numpy
⟦python3.10 -mpip install⟧ numpy
⟦python -Im pip install⟧ numpy
⟦python -Impip install⟧ numpy
⟦python3 -u -m pip --no-input install⟧ numpy
⟦python -W ignore -X utf8 -m pip install⟧ numpy
⟦py -3.12 -m pip install⟧ numpy
⟦pypy3 -m pip install⟧ numpy
⟦$PYTHON -m pip install⟧ numpy
⟦python $(which pip) install⟧ numpy
⟦/opt/venv/bin/pip install⟧ numpy
⟦./venv/bin/pip install⟧ numpy
⟦~/venv/bin/python -m pip install⟧ numpy
⟦$VENV/bin/pip install⟧ numpy
⟦"$VENV/bin/python" -m pip install⟧ numpy
⟦"$VENV"/bin/pip3 install⟧ numpy
⟦'pip' install⟧ numpy
⟦"pip" "install"⟧ numpy
⟦p"i"p install⟧ numpy
true; ⟦\pip install⟧ numpy
⟦$(which pip) install⟧ numpy
⟦$(command -v pip3) install⟧ numpy
PIP=pip; ⟦$PIP install⟧ numpy
PIP="python -m pip"; ⟦${PIP} install⟧ numpy
⟦${PIP:-pip} install⟧ numpy
VENV=/opt/venv; ⟦$VENV/bin/pip install⟧ numpy
COMMAND="pip install numpy"; ⟦$COMMAND⟧
COMMAND=(pip install numpy); ⟦"${COMMAND[@]}"⟧ scipy
COMMAND='pip install numpy'; eval ⟦$COMMAND⟧
X=1 Y=2 ⟦pip install⟧ numpy
sudo ⟦pip install⟧ numpy
sudo -H -u worker ⟦pip install⟧ numpy
sudo -E env PATH=$PATH ⟦pip install⟧ numpy
env A=b ⟦pip install⟧ numpy
/usr/bin/env ⟦python -m pip install⟧ numpy
exec ⟦pip install⟧ numpy
command ⟦pip install⟧ numpy
time ⟦pip install⟧ numpy
nohup ⟦pip install⟧ numpy &
nice -n 10 ⟦pip install⟧ numpy
timeout -k 5 10m ⟦pip install⟧ numpy
xargs -n 1 ⟦pip install⟧ < requirements.txt
cat requirements.txt | xargs ⟦pip install⟧
gosu worker ⟦pip install⟧ numpy
flock /tmp/lock ⟦pip install⟧ numpy
flock /tmp/lock -c '⟦pip install⟧ numpy'
retry 3 ⟦pip install⟧ numpy
retry() { "$@" || "$@"; }; retry ⟦pip install⟧ numpy
find . -name '*.whl' -exec ⟦pip install⟧ {} \;
find . -name '*.whl' -exec ⟦pip install⟧ {} +
srun --ntasks=1 -p batch ⟦pip install⟧ numpy
srun -N 1 --pty bash -lc '⟦pip install⟧ numpy'
sbatch --wrap="⟦pip install⟧ numpy"
mpirun -np 2 ⟦pip install⟧ numpy
uv run ⟦pip install⟧ numpy
uv run --with rich -- ⟦pip install⟧ numpy
uv run ⟦python -m pip install⟧ numpy
⟦python pip install⟧ numpy
uvx ⟦pip install⟧ numpy
pipx run ⟦pip install⟧ numpy
poetry run ⟦pip install⟧ numpy
conda run -n base ⟦pip install⟧ numpy
bash -c '⟦pip install⟧ numpy'
sh -xec "cd src; ⟦pip install⟧ numpy"
bash -euo pipefail -c '⟦pip install⟧ numpy'
bash -c "bash -c '⟦pip install⟧ numpy'"
su - worker -c '⟦pip install⟧ numpy'
eval "⟦pip install⟧ numpy"
trap '⟦pip install⟧ numpy' EXIT
ssh -p 22 worker@build.example '⟦pip install⟧ numpy'
ssh build.example ⟦pip install⟧ numpy
docker run --rm -v a:b -it image:1 ⟦pip install⟧ numpy
docker run $OPTIONS image bash -c '⟦pip install⟧ numpy'
docker run --entrypoint bash image -c '⟦pip install⟧ numpy'
docker exec -u root box bash -ec "set -x; ⟦pip install⟧ numpy"
docker compose exec -T app ⟦pip install⟧ numpy
podman run image sh -c '⟦pip install⟧ numpy'
kubectl exec -it pod -c box -- ⟦pip install⟧ numpy
singularity exec image.sif ⟦pip install⟧ numpy
echo '⟦pip install⟧ numpy' | sh
bash <<< '⟦pip install⟧ numpy'
if ⟦pip install⟧ numpy; then :; fi
if ! ⟦pip install⟧ numpy; then exit 1; fi
until ⟦pip install⟧ numpy; do sleep 1; done
for name in a b; do ⟦pip install⟧ $name; done
case $x in a|b) ⟦pip install⟧ numpy ;; esac
setup() { ⟦pip install⟧ numpy; }
(cd src && ⟦pip install⟧ .) || exit 1
{ ⟦pip install⟧ numpy; } 2>&1 | tee log
[ -f x ] || ⟦pip install⟧ numpy
yes | ⟦pip install⟧ numpy
version=$(⟦pip install⟧ numpy)
echo "$(⟦pip install⟧ numpy)"
"""

SILENT = r"""
uv pip install numpy
python -m uv pip install numpy
PIP="uv pip"; $PIP install numpy
uv add pip
uv sync --locked
uv tool install pip
pipx install pip
pipx inject app pip install
pip --version
pip install --help
pip install --dry-run numpy
pip help install
pip download numpy
pip wheel numpy
pip list
pip config set global.index-url https://index.example/simple
pip uninstall -y numpy
pip cache purge
python -m pip freeze
python -m ensurepip
python setup.py install
python -c 'import pip; print("pip install")'
python install.py pip install
conda install pip
apt-get install -y python3-pip
brew install pip
make pip install
which pip
command -v pip
type pip install
if which pip; then uv sync; fi
echo pip install numpy
echo "run: pip install numpy"
printf 'pip install numpy\n'
log 'pip install numpy'
echo pip install numpy >> setup.sh
echo pip install numpy | tee log
bash -c 'echo pip install numpy'
git commit -m 'pip install numpy'
grep -r 'pip install' docs
MESSAGE='pip install numpy'
MESSAGE="pip install numpy"; echo $MESSAGE
alias pip='uv pip'
bash setup.sh pip install numpy
$UNKNOWN install numpy
uv sync # pip install numpy
true; # pip install numpy
sed -i 's/pip install/uv add/' setup.sh
test "$x" = 'pip install'
[[ $x == *"pip install"* ]]
pipenv install numpy
pip-compile install
pip-audit install
mypip install numpy
./pip/install numpy
pip_install numpy
"""


def lines(text: str) -> list[str]:
    """One snippet a line."""
    return text.strip("\n").split("\n")
