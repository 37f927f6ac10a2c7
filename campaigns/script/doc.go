// Package script is what an agent reads and asks in a call: steps with text,
// questions whose answers lead on, objections one key away. A manager writes it
// as a file; the package reads it, says what is wrong with it, walks it and
// renders each step for one person in one language. It knows nothing of calls,
// databases or pages.
//
//	source --Parse--> Script --Check--> findings (dead ends, unknown fields, ...)
//	                    |
//	                  Begin        Next, Back, Object, Answer
//	                    v                 |
//	                  Walk <--------------+
//	                    |
//	                  Render(language, values) --> Page: blocks of spans, questions
//
// # The file
//
// A script is YAML. A text stands for all languages, or is a map from language
// to text, of which the first language of the script must be there and the
// others are recommended:
//
//	title: Fibre for homes
//	languages: [en, es]            # the first one is read where another is missing
//	fields:                        # columns of the lists, with an example for the preview
//	  plan: Fibre 300
//	steps:
//	  - id: hello
//	    title: Opening
//	    text:
//	      en: |
//	        {{greeting}}, am I speaking with **{{name|the owner of the line}}**?
//
//	        > Do not go on before the person has said who they are.
//	      es: |
//	        {{greeting}}, ¿hablo con **{{name|el titular de la línea}}**?
//	    hint: This call is recorded.            # for the agent, not read aloud
//	    questions:
//	      - id: interest
//	        text: {en: "May I tell you about it?", es: "¿Puedo contárselo?"}
//	        kind: single
//	        required: true
//	        options:
//	          - {id: yes, label: {en: "Yes", es: "Sí"}, to: offer}
//	          - {id: no, label: "No", to: bye}
//	  - id: offer
//	    text: You have {{fields.plan|a line of ours}} today.
//	    branches:                               # tried in their order
//	      - {when: num(fields.age) >= 65, to: senior}
//	      - {when: answers.interest == "yes" and hour < 20, to: close}
//	    next: bye                               # when none holds; absent: the step that follows in the file
//	  - id: bye
//	    text: Thank you, good bye.
//	    end: true                               # nothing follows
//	    suggest: not_interested                 # the disposition that the desk offers first
//	objections:
//	  - {id: price, key: p, title: Too expensive, text: The first month is free., to: offer}
//
// Text is a small Markdown: paragraphs, headings, lists, *emphasis*, **strong**
// and, as a note to the agent that is not read aloud, > quotes. HTML is no
// part of it and stays text. {{field|default}} is replaced after the Markdown
// was read, so that what a list brought is text whatever stands in it.
//
// Fields are name, first_name, company, number (masked), language, agent,
// agent_first_name, campaign, seller, local_time and greeting, and fields.x for
// the column x of the list. Conditions see the same names as text, the numbers
// hour and the words weekday and today, answers.q of each question q (text for
// single, date and text; a list for multiple; a number for number and scale)
// and answered.q. num(text) reads a number. A condition that cannot be worked out
// does not hold.
//
// A source that is no such file is one step that says it, line by line.
//
// # Promises
//
// A script that Parse and Check pass never leaves an agent without a way on:
// from every step that can be reached an end can be reached, whatever is
// answered. A condition is typed when the script is read, calls nothing of the
// house and costs a bounded amount of work. A walk is a value; nothing here
// keeps state.
package script
