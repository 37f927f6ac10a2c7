#!/bin/sh
# Speaks what the callees of the demo say to an agent, with espeak-ng and sox
# (Debian packages espeak-ng and sox), as 8 kHz mu-law: one file a person, with
# pauses for the agent to talk. Run it in this folder after changing a text.
set -eu
person() { # name voice pitch speed "phrase|phrase|..."
    name=$1 voice=$2 pitch=$3 speed=$4
    parts=''
    n=0
    IFS='|'
    for phrase in $5; do
        n=$((n + 1))
        espeak-ng -v "$voice" -p "$pitch" -s "$speed" -w "/tmp/voice-$$-$n.wav" "$phrase"
        pause=4
        [ $n = 1 ] && pause=2
        sox "/tmp/voice-$$-$n.wav" -r 8000 -c 1 -e mu-law "/tmp/voice-$$-$n.u.wav" gain -n -6 rate lowpass 3400 pad 0 $pause
        parts="$parts|/tmp/voice-$$-$n.u.wav"
    done
    # shellcheck disable=SC2086
    sox ${parts#|} "$name.wav"
    unset IFS
    rm -f /tmp/voice-$$-*
}

person ada en-us+f3 55 150 "Hello?|Yes, speaking. Who is calling?|Fibre? How fast would that be?|And what does it cost a month?|All right, that sounds good to me."
person ben en-gb+m3 35 140 "Hello, Ben here.|I am at work, but I have a minute.|We have something like that already.|No, I do not think I need it.|Could you call me again tomorrow morning?"
person cleo en-us+f5 65 165 "Yes, hello?|Oh, I have been waiting for your call.|Tuesday afternoon would suit me best.|At my place, please. The bell says Cleo.|Thank you very much."
person dan en+m7 45 155 "Good day.|Where did you get my number from?|I see.|Go on, I am listening.|Hm. I would have to ask my wife first."
person eve en-gb+f2 50 150 "Hello, who is that, please?|A survey? How long will it take?|I would say eight out of ten.|No, never had any trouble with it.|You are welcome. Goodbye."
