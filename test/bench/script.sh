#!/bin/bash
# What a district runs at night that has no packetboat: xmllint to check, gpg to sign and encrypt, sftp to move.
#
#   script.sh send          every file of outbox/, each a packet of its own, two at a time
#   script.sh receive       every packet in the box, two at a time
#   script.sh send-tar      all files of outbox/ as one tar
#   script.sh receive-tar
#   script.sh send-file     the files of outbox/ as they are: documents, not XML
#   script.sh receive-file
#
# BASE: folder of outbox/ and incoming/ · BOX: folder on the server · SSH: an ssh_config with the host `box`
# ME, THEM: fingerprints · XSD: the schema · GNUPGHOME
set -uo pipefail

gpg_here() {
  gpg --batch --no-tty --quiet --yes --no-auto-key-locate --disable-dirmngr --trust-model always "$@"
}
check() { xmllint --noout --nonet --schema "$XSD" "$1" 2>/dev/null; }
seal() {
  gpg_here ${COMPRESS:+--compress-algo "$COMPRESS"} --local-user "$ME" --recipient "$THEM" \
    --sign --encrypt --output "$2" "$1"
}
unseal() {
  gpg_here --status-fd 1 --output "$2" --decrypt "$1" 2>/dev/null |
    grep "^\[GNUPG:\] VALIDSIG $THEM " >/dev/null
}
sftp_here() { sftp -q -b - -F "$SSH" box; }
# Nobody collects a file that is still being uploaded.
put() {
  printf 'put "%s" "%s/%s.part"\nrename "%s/%s.part" "%s/%s"\n' \
    "$1" "$BOX" "$2" "$BOX" "$2" "$BOX" "$2" | sftp_here >/dev/null
}
get() {
  printf 'get "%s/%s" "%s"\nrm "%s/%s"\n' "$BOX" "$1" "$2" "$BOX" "$1" | sftp_here >/dev/null
}
waiting() { printf 'ls -1 "%s"\n' "$BOX" | sftp_here | grep '\.pgp$' | xargs -r -n1 basename; }

send_one() {
  name=$(basename "$1" .xml)
  if ! check "$1"; then mv "$1" "$BASE/refused/"; return 0; fi
  seal "$1" "$BASE/half-done/$name.pgp" && put "$BASE/half-done/$name.pgp" "$name.pgp" &&
    rm "$BASE/half-done/$name.pgp" && mv "$1" "$BASE/sent/"
}
receive_one() {
  name=${1%.pgp}
  get "$1" "$BASE/half-done/$1" && unseal "$BASE/half-done/$1" "$BASE/half-done/$name.xml" || return 1
  rm "$BASE/half-done/$1"
  if check "$BASE/half-done/$name.xml"; then mv "$BASE/half-done/$name.xml" "$BASE/incoming/"
  else mv "$BASE/half-done/$name.xml" "$BASE/refused/"; fi
}
check_out() { check "$1" || mv "$1" "$BASE/refused/"; }
check_in() { if check "$1"; then mv "$1" "$BASE/incoming/"; else mv "$1" "$BASE/refused/"; fi; }

export -f gpg_here check seal unseal sftp_here put get send_one receive_one check_out check_in
two_at_a_time() { xargs -0 -r -P2 -n1 bash -c "$1 \"\$1\"" _; }

mkdir -p "$BASE/half-done" "$BASE/sent" "$BASE/refused" "$BASE/incoming"
case $1 in
  send) find "$BASE/outbox" -name '*.xml' -print0 | two_at_a_time send_one ;;
  receive) waiting | tr '\n' '\0' | two_at_a_time receive_one ;;
  send-tar)
    find "$BASE/outbox" -name '*.xml' -print0 | two_at_a_time check_out
    tar -C "$BASE/outbox" -cf "$BASE/half-done/night.tar" . &&
      seal "$BASE/half-done/night.tar" "$BASE/half-done/night.pgp" && put "$BASE/half-done/night.pgp" night.pgp &&
      rm "$BASE/half-done/night.tar" "$BASE/half-done/night.pgp" &&
      find "$BASE/outbox" -name '*.xml' -exec mv -t "$BASE/sent" {} +
    ;;
  receive-tar)
    for packet in $(waiting); do
      get "$packet" "$BASE/half-done/$packet" && unseal "$BASE/half-done/$packet" "$BASE/half-done/night.tar" &&
        mkdir -p "$BASE/half-done/night" && tar -C "$BASE/half-done/night" -xf "$BASE/half-done/night.tar" &&
        rm "$BASE/half-done/$packet" "$BASE/half-done/night.tar"
    done
    find "$BASE/half-done/night" -name '*.xml' -print0 | two_at_a_time check_in
    ;;
  send-file)
    # Scans are packed already, and gpg would try for seconds.
    COMPRESS=none
    for file in "$BASE"/outbox/*; do
      name=$(basename "$file").pgp
      seal "$file" "$BASE/half-done/$name" && put "$BASE/half-done/$name" "$name" && rm "$BASE/half-done/$name" &&
        mv "$file" "$BASE/sent/"
    done
    ;;
  receive-file)
    for packet in $(waiting); do
      get "$packet" "$BASE/half-done/$packet" && unseal "$BASE/half-done/$packet" "$BASE/half-done/${packet%.pgp}" &&
        rm "$BASE/half-done/$packet" && mv "$BASE/half-done/${packet%.pgp}" "$BASE/incoming/"
    done
    ;;
esac
