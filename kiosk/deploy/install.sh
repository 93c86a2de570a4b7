#!/bin/sh
# Make a kiosk or a desk of a bare Debian (12 or newer), as docs/kiosk.md describes. It may be run
# again: it does what isn't done yet.
#
#   sh install.sh --wheels DIR [--desk] [--console] [--network] [--speech] [--cups]
#
#   --wheels DIR  pbvote and what it needs, as `make wheel` and `pip download` made them
#   --desk        the desk's screen instead of the voter's
#   --console     the Linux console instead of cage and foot
#   --network     leave the network on (desks that exchange, a printer on the network)
#   --speech      a voice for screens that are read aloud
#   --cups        printers through CUPS
#   --root DIR    only put the files there, as into an image; no packages, no wheels
set -eu

here=$(cd "$(dirname "$0")" && pwd)
screen=vote unit=pbvote-kiosk network=off packages='' wheels='' root=''
while [ $# -gt 0 ]; do
    case $1 in
        --desk) screen=desk ;;
        --console) unit=pbvote-console ;;
        --network) network=on ;;
        --speech) packages="$packages speech-dispatcher espeak-ng" ;;
        --cups) packages="$packages cups cups-client" ;;
        --wheels) wheels=$2; shift ;;
        --root) root=$2; shift ;;
        *) echo "install.sh: there is no option $1" >&2; exit 2 ;;
    esac
    shift
done

say() { printf '* %s\n' "$1"; }

put() { # mode, file here, place
    install -D -m "$1" "$here/$2" "$root$3"
}

if [ -z "$root" ]; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "install.sh: run it as root" >&2
        exit 1
    fi
    say "Packages of Debian"
    if [ "$unit" = pbvote-console ]; then
        packages="$packages kbd console-setup-linux"
    else
        packages="$packages cage xwayland foot fonts-dejavu-core"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    # shellcheck disable=SC2086  # a list of names
    apt-get install -q -y --no-install-recommends python3-venv libpam-systemd dbus $packages
fi

say "The user pbvote, without a shell"
put 644 sysusers.conf /usr/lib/sysusers.d/pbvote.conf
put 644 tmpfiles.conf /usr/lib/tmpfiles.d/pbvote.conf
mkdir -p "$root/etc"
systemd-sysusers --root="${root:-/}" pbvote.conf
uid=$(awk -F: '$1 == "pbvote" { print $3 }' "$root/etc/passwd")
gid=$(awk -F: '$1 == "pbvote" { print $4 }' "$root/etc/passwd")

say "Files"
put 755 screen /usr/local/lib/pbvote/screen
put 755 stick-allowed /usr/local/lib/pbvote/stick-allowed
put 644 'pbvote-kiosk@.service' '/etc/systemd/system/pbvote-kiosk@.service'
put 644 'pbvote-console@.service' '/etc/systemd/system/pbvote-console@.service'
put 644 pam /etc/pam.d/pbvote-kiosk
put 644 foot.ini /etc/pbvote/foot.ini
put 644 no-switch.map /etc/pbvote/no-switch.map
put 644 kiosk.toml /etc/pbvote/kiosk.toml.example
put 644 sysctl.conf /etc/sysctl.d/90-pbvote.conf
put 644 journald.conf /etc/systemd/journald.conf.d/90-pbvote.conf
put 644 logind.conf /etc/systemd/logind.conf.d/90-pbvote.conf
put 644 udev.rules /etc/udev/rules.d/90-pbvote.rules
if [ ! -e "$root/etc/default/pbvote-kiosk" ]; then
    mkdir -p "$root/etc/default"
    {
        echo "# What the screen's command gets besides the election's folder (pbvote-kiosk $screen --help)."
        if [ "$screen" = desk ]; then echo 'PBVOTE_OPTIONS="--copy /media/copy"'; fi
    } >"$root/etc/default/pbvote-kiosk"
fi
for mount in media-copy.mount media-logs.mount; do
    sed -e "s/@UID@/$uid/" -e "s/@GID@/$gid/" "$here/$mount" >"$root/etc/systemd/system/$mount"
    chmod 644 "$root/etc/systemd/system/$mount"
done
mkdir -p "$root/srv/pbvote/election" "$root/media/copy" "$root/media/logs"
chmod 700 "$root/srv/pbvote" "$root/srv/pbvote/election"
chmod 700 "$root/media/copy" "$root/media/logs"

if [ -z "$root" ]; then
    chown pbvote:pbvote /srv/pbvote /srv/pbvote/election
    if [ "$unit" = pbvote-console ]; then
        python3 "$here/console-font.py" /usr/share/consolefonts/Uni2-Terminus16.psf.gz \
            /etc/pbvote/console.psf.gz
    fi
    if [ -n "$wheels" ]; then
        say "pbvote in /opt/pbvote"
        python3 -m venv /opt/pbvote
        /opt/pbvote/bin/python -m pip install --quiet --disable-pip-version-check --upgrade \
            --no-index --find-links "$wheels" pbvote
    elif [ ! -x /opt/pbvote/bin/pbvote-kiosk ]; then
        echo "install.sh: pbvote isn't in /opt/pbvote yet: give --wheels DIR" >&2
        exit 1
    fi
fi

say "What starts: $unit@$screen, and no other console"
control() { systemctl --root="${root:-/}" "$@" 2>&1 | sed '/^Created symlink\|^Removed\|proceeding anyway/d'; }
for other in pbvote-kiosk@vote pbvote-kiosk@desk pbvote-console@vote pbvote-console@desk; do
    [ "$other" = "$unit@$screen" ] || control disable "$other.service"
done
systemctl --root="${root:-/}" --quiet enable "$unit@$screen.service"
control mask getty@tty1.service autovt@.service debug-shell.service ctrl-alt-del.target \
    swap.target systemd-coredump.socket
for console in 2 3 4 5 6; do
    control mask "getty@tty$console.service"
done
for service in NetworkManager.service networking.service systemd-networkd.service \
    systemd-networkd.socket wpa_supplicant.service ssh.service ssh.socket avahi-daemon.service \
    avahi-daemon.socket bluetooth.service ModemManager.service; do
    if [ "$network" = off ]; then control mask "$service"; else control unmask "$service"; fi
done

if [ -z "$root" ]; then
    say "No swap"
    swapoff -a || true
    systemctl daemon-reload
    udevadm control --reload
    sysctl -q --system >/dev/null || true
fi
say "Done. Put the election into /srv/pbvote/election (owner pbvote), then restart the machine."
