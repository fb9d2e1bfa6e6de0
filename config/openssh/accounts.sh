# How the script of `packetboat directory accounts` works, whatever it lists. Not to be run by itself: the
# settings stand above, and what is to be done in main().

changed=
failed=

refuse() {
  printf 'accounts: %s\n' "$*" >&2
  exit 1
}

# The tool, and what sshd must know.
prepare() {
  [ "$(id -u)" -eq 0 ] || refuse "needs root: run it with sudo"
  command -v sshd >/dev/null || refuse "there is no sshd here: apt-get install openssh-server"
  # Where it runs, this is there already.
  [ -d /run/sshd ] || install -d -m 0755 /run/sshd
  place tool_file 0755 "$tool"
  place sshd_file 0644 "$sshd_drop_in" sshd -t -f
}

# Write a file, unless it stands there already; and only if the command that is given takes it.
place() {
  printer=$1 mode=$2 path=$3
  shift 3
  fresh=$(mktemp "$(dirname "$path")/.packetboat.XXXXXX")
  "$printer" >"$fresh"
  chmod "$mode" "$fresh"
  if cmp -s "$fresh" "$path" && [ "$(stat -c '%U 0%a' "$path")" = "root $mode" ]; then
    rm -f "$fresh"
  elif [ "$#" -eq 0 ] || "$@" "$fresh"; then
    mv -f "$fresh" "$path"
    echo "$path was written"
    changed=yes
    [ "$path" != "$sshd_drop_in" ] || reread=yes
  else
    rm -f "$fresh"
    refuse "$path was not written, for sshd finds the fault above in it"
  fi
}

# Run the tool, and pass on what it changed. What it refuses stops no other account.
says() {
  if ! said=$("$@"); then
    failed=yes
    return 1
  fi
  case $said in
    '' | *': nothing to change') ;;
    *)
      printf '%s\n' "$said"
      changed=yes
      ;;
  esac
}

account() {
  says "$tool" add "$1" - <<END || :
$2
END
}

# The entity of another state: what our districts leave in its box is read by our service.
peer() {
  says "$tool" peer "$1" "$service" - <<END || :
$2
END
}

# What each district may have waiting in the boxes of others: a quota of its account, where the file system
# that they stand on has quotas of users. Where it has none, that is said, and is no failure.
quotas() {
  disk=$(df --output=target "$root/boxes" | tail -n 1)
  if ! has_quotas "$disk"; then
    echo "# No quotas here: nothing keeps a district from filling the disk under $root/boxes. To turn them on:"
    echo "# apt-get install quota, add usrquota to the options of $disk in /etc/fstab, then mount -o remount $disk,"
    echo "# quotacheck -cum $disk, quotaon -u $disk (see man quotaon), and run this script again."
    return
  fi
  limits=$(repquota -uv -O csv "$disk" | cut -d , -f 1,5,6,9,10)
  blocks=$((quota_megabytes * 1024))
  for id; do
    printf '%s\n' "$limits" | grep -qxF "lea$id,0,$blocks,0,$quota_files" || limit "lea$id"
  done
}

# Does this file system keep to quotas of users? Some only count.
has_quotas() {
  command -v setquota >/dev/null && command -v repquota >/dev/null &&
    quotaon -pu "$1" 2>/dev/null | grep ' is on' | grep -qv accounting
}

limit() {
  if setquota -u "$1" 0 "$blocks" 0 "$quota_files" "$disk"; then
    echo "$1 may have $quota_files files and $quota_megabytes MB waiting"
    changed=yes
  else
    failed=yes
  fi
}

reread=
finish() {
  effective=$(sshd -T -C "user=$service,host=localhost,addr=127.0.0.1") || refuse "sshd finds the fault above in its config"
  printf '%s\n' "$effective" | grep -qixF "chrootdirectory $root" ||
    refuse "sshd does not read $sshd_drop_in: make 'Include /etc/ssh/sshd_config.d/*.conf' the first line of /etc/ssh/sshd_config"
  groups=$(printf '%s\n' "$effective" | sed -n 's/^allowgroups //p')
  [ -z "$groups" ] || printf '%s\n' "$groups" | grep -qxF packetboat-boxes ||
    refuse "sshd lets in the groups of AllowGroups alone: add packetboat-boxes there"
  [ -z "$reread" ] || reload
  [ -z "$failed" ] || refuse "some accounts are not as they should be: see above"
  if [ -n "$changed" ]; then echo "Done."; else echo "Nothing to change: all stands as it is listed."; fi
}

reload() {
  if [ -d /run/systemd/system ]; then
    systemctl reload ssh 2>/dev/null || systemctl reload sshd
    echo "sshd has read its config again"
  else
    echo "Now let sshd read its config again."
  fi
}
