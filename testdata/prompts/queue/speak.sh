#!/bin/sh
# Speaks what callers hear in the queue, with espeak-ng and sox (Debian packages
# espeak-ng and sox), as 8 kHz mu-law. Run it in this folder after changing a text.
set -eu
say() { # language voice name text
    mkdir -p "$1"
    espeak-ng -v "$2" -s 150 -a 120 -w "/tmp/queue-$$.wav" "$4"
    sox "/tmp/queue-$$.wav" -r 8000 -c 1 -e mu-law "$1/$3.wav" gain -n -3 rate lowpass 3400
    rm "/tmp/queue-$$.wav"
}
digits() { # language voice
    for d in 0 1 2 3 4 5 6 7 8 9; do say "$1" "$2" "digit-$d" "$d"; done
}

say en en-gb greeting "Thank you for calling back. All our agents are talking to somebody at the moment. Please stay on the line."
say en en-gb position-1 "You are next in the queue."
n=2; for w in two three four five six seven eight nine; do say en en-gb "position-$n" "You are number $w in the queue."; n=$((n+1)); done
say en en-gb further "There are more than eight people before you in the queue."
say en en-gb offer "If you would rather be called back, press one. If you do not want us to call you again, press nine."
say en en-gb closed "Thank you for calling back. Nobody is here to take your call at the moment."
say en en-gb sorry "We are sorry that nobody came free to take your call."
say en en-gb noted "Thank you. We will call you back on the number that ends in"
say en en-gb removed "Your number is on our do not call list now. Goodbye."
say en en-gb goodbye "Goodbye."
digits en en-gb

say es es greeting "Gracias por devolvernos la llamada. Todos nuestros agentes están hablando en este momento. No cuelgue, por favor."
say es es position-1 "Usted es el siguiente."
n=2; for w in dos tres cuatro cinco seis siete ocho nueve; do say es es "position-$n" "Usted ocupa el lugar número $w en la cola."; n=$((n+1)); done
say es es further "Hay más de ocho personas delante de usted."
say es es offer "Si prefiere que le llamemos nosotros, pulse uno. Si no desea que volvamos a llamarle, pulse nueve."
say es es closed "Gracias por devolvernos la llamada. En este momento no hay nadie que pueda atenderle."
say es es sorry "Sentimos no haber podido atender su llamada."
say es es noted "Gracias. Le llamaremos al número que termina en"
say es es removed "Su número está ya en nuestra lista de no llamar. Adiós."
say es es goodbye "Adiós."
digits es es

say hu hu greeting "Köszönjük, hogy visszahívott minket. Jelenleg minden munkatársunk beszél. Kérjük, tartsa a vonalat."
say hu hu position-1 "Ön a következő a sorban."
n=2; for w in második harmadik negyedik ötödik hatodik hetedik nyolcadik kilencedik; do say hu hu "position-$n" "Ön a $w a sorban."; n=$((n+1)); done
say hu hu position-5 "Ön az ötödik a sorban."
say hu hu further "Több mint nyolcan várnak Ön előtt."
say hu hu offer "Ha inkább visszahívást kér, nyomja meg az egyest. Ha nem szeretné, hogy újra hívjuk, nyomja meg a kilencest."
say hu hu closed "Köszönjük, hogy visszahívott minket. Most senki sem tudja fogadni a hívását."
say hu hu sorry "Sajnáljuk, hogy senki sem tudta fogadni a hívását."
say hu hu noted "Köszönjük. Visszahívjuk azon a számon, amelynek a vége"
say hu hu removed "Számát felvettük a nem hívható számok listájára. Viszonthallásra."
say hu hu goodbye "Viszonthallásra."
digits hu hu

say et et greeting "Täname, et tagasi helistasite. Kõik meie teenindajad räägivad praegu. Palun oodake."
say et et position-1 "Teie olete järgmine."
n=2; for w in teine kolmas neljas viies kuues seitsmes kaheksas üheksas; do say et et "position-$n" "Teie olete järjekorras $w."; n=$((n+1)); done
say et et further "Teie ees on rohkem kui kaheksa inimest."
say et et offer "Kui soovite, et meie helistaksime teile tagasi, vajutage üks. Kui te ei soovi enam meie kõnesid, vajutage üheksa."
say et et closed "Täname, et tagasi helistasite. Praegu ei ole kedagi, kes saaks teie kõne vastu võtta."
say et et sorry "Vabandust, keegi ei saanud teie kõnet vastu võtta."
say et et noted "Täname. Helistame teile numbril, mille lõpus on"
say et et removed "Teie number on nüüd meie mittehelistamise nimekirjas. Kuulmiseni."
say et et goodbye "Kuulmiseni."
digits et et
