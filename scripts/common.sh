# shellcheck shell=bash
# Sourced by the scripts beside it; says what it does on stderr so that a script's stdout stays its answer.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# For the scripts that source this: files of the repository and what is made of them.
# shellcheck disable=SC2034
artifacts=$root/artifacts

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# A minimal Debian has no libicu, and nothing here needs a culture.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
# Build servers would outlive the script and hold a directory that a CI job wants to delete.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

say() { printf '%s\n' "${0##*/}: $*" >&2; }

fail() {
    say "$*"
    exit 1
}

# as_root COMMAND...: as it is when we are root, through sudo otherwise.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "this needs root: ${*:1:4} ... (run as root, or install sudo)"
        return 1
    fi
}

# need_packages PACKAGE...: installs what Debian does not have yet, and says so. Returns 1 when that is not possible.
need_packages() {
    local package missing=()
    command -v dpkg-query >/dev/null || {
        say "this is no Debian or Ubuntu; please see to it that these are installed: $*"
        return 0
    }
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    say "installing with apt-get: ${missing[*]}"
    if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1; then
        as_root apt-get update -qq >&2 || say "apt-get update failed; trying with the package lists as they are"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 || return 1
    fi
}

need_dotnet() {
    command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing: install it (https://dotnet.microsoft.com/download) and put dotnet into PATH"
    (cd "$root" && dotnet --version >/dev/null 2>&1) || fail "the .NET 10 SDK is missing; installed are: $(dotnet --list-sdks | tr '\n' ' ')"
}
