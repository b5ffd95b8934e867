# shellcheck shell=bash
# Sourced by install and uninstall: where things go.
# shellcheck disable=SC2034

# choose_places [--prefix DIR]: sets prefix, program, libexec, system_wide, helpers, unit.
choose_places() {
    if [ "$(id -u)" -eq 0 ]; then prefix=/usr/local; else prefix=$HOME/.local; fi
    while [ $# -gt 0 ]; do
        case $1 in
            --prefix)
                [ $# -ge 2 ] || fail "--prefix needs a directory"
                prefix=$2
                shift 2
                ;;
            --prefix=*)
                prefix=${1#--prefix=}
                shift
                ;;
            *) fail "usage: ${0##*/} [--prefix DIR]" ;;
        esac
    done
    case $prefix in
        /*) prefix=${prefix%/} ;;
        *) fail "the prefix must be an absolute path, not '$prefix'" ;;
    esac
    # The program is a folder (it comes with a native library) and a link into it.
    program=$prefix/bin/datastorefs
    libexec=$prefix/lib/datastorefs
    system_wide=no
    if [ "$(id -u)" -eq 0 ] && { [ "$prefix" = /usr ] || [ "$prefix" = /usr/local ]; }; then
        system_wide=yes
        # mount(8) looks in /sbin and nowhere else.
        helpers=(/sbin/mount.datastorefs /sbin/mount.fuse.datastorefs)
        unit=/etc/systemd/system/datastorefs@.service
        [ "$prefix" = /usr/local ] || unit=/usr/lib/systemd/system/datastorefs@.service
    fi
}

completion_file() {
    case $1 in
        bash) echo "$prefix/share/bash-completion/completions/datastorefs" ;;
        zsh) echo "$prefix/share/zsh/site-functions/_datastorefs" ;;
        fish) echo "$prefix/share/fish/vendor_completions.d/datastorefs.fish" ;;
    esac
}
