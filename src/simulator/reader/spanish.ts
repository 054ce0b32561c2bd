import { rule, words, type Language, type Rule } from './language';

const TASK = '(?<task>.+?)';
const NOUN = '(?:tareas?|recordatorio|pendiente)';
const LIST = '(?:mi|la)\\s+lista(?:\\s+de\\s+(?:tareas|pendientes))?';
const ADD =
  '(?:agrega(?:r|me)?|agregame|anade(?:me)?|anadir|crea(?:r|me)?|apunta(?:r|me)?|anota(?:r|me)?|pon(?:me)?|registra)';
const DONE = '(?:hech[oa]s?|completad[oa]s?|terminad[oa]s?|list[oa]s?|acabad[oa]s?|finalizad[oa]s?)';
const COUNT = '(?:(?:una?|otra|la|esta|mi|me|nueva)\\s+)*';

const rules: Rule[] = [
  rule('greet', '(?:hola|buenos dias|buenas(?: (?:tardes|noches))?|que tal)'),
  rule('thank', '(?:muchas )?gracias|perfecto|vale|adios|genial'),
  rule('help', 'ayuda(?:me)?|que (?:puedes|sabes) hacer|quien eres'),
  rule('echo', '(?:di|repite)\\s*:?\\s+(?<value>.+)'),

  rule(
    'rename',
    `(?:renombra|renombrar|cambia el (?:nombre|titulo) de)\\s+${TASK}\\s+(?:a|por|como)\\s+(?<title>.+)`,
  ),
  rule('clear_due', `(?:quita|elimina|borra)\\s+la\\s+fecha\\s+(?:de|a)\\s+${TASK}`),
  rule(
    'due',
    `(?:cambia|pon|mueve)\\s+la\\s+fecha\\s+(?:de|a)\\s+${TASK}\\s+(?<when>(?:a|al|para|hasta)\\s.+)`,
  ),
  rule(
    'due',
    `(?:mueve|pospon|aplaza|mover|posponer|aplazar|cambia|pasa)\\s+${TASK}\\s+(?<when>(?:a|al|para|hasta)\\s.+)`,
  ),
  rule('priority', `(?:haz|marca|pon)\\s+${TASK}\\s+(?:como\\s+)?(?<value>(?:muy )?(?:urgente|importante))`),
  rule(
    'priority',
    `(?:cambia|pon)\\s+(?:la\\s+)?prioridad\\s+(?:de|a)\\s+${TASK}\\s+(?:a|en|como)\\s+(?<value>alta|media|baja|urgente)`,
  ),
  rule('priority', `(?:haz|marca como)\\s+(?:muy\\s+)?(?<value>urgente|importante)\\s+${TASK}`),
  rule('add_tags', `etiqueta\\s+${TASK}\\s+(?:como|con)\\s+(?<value>.+)`),

  rule('reopen', `(?:reabre|reabrir|vuelve a abrir|reactiva)\\s+${TASK}`),
  rule(
    'reopen',
    `(?:marca|marcar|pon)\\s+${TASK}\\s+como\\s+(?:no\\s+${DONE}|pendiente|abierta|incompleta|sin (?:hacer|terminar))`,
  ),
  rule('complete', `(?:marca|marcar|pon)\\s+${TASK}\\s+(?:como\\s+)?${DONE}`),
  rule('complete', `(?:marca|marcar)\\s+como\\s+${DONE}\\s+${TASK}`),
  rule('complete', `(?:completa|completar|termina|terminar|finaliza|cierra|acaba)\\s+${TASK}`),
  rule(
    'complete',
    `(?:ya\\s+)?(?:he\\s+)?(?:termine|terminado|complete|completado|acabe|acabado|hice|hecho)\\s+(?:con\\s+)?${TASK}`,
  ),
  rule(
    'complete',
    `(?:ya\\s+)?(?:he\\s+)?(?<verb>compre|comprado|llame a|llamado a|llame|pague|pagado|envie|enviado|escribi|escrito|limpie|limpiado|lei|leido)\\s+${TASK}`,
  ),
  rule('complete', `${TASK}\\s+(?:ya\\s+)?esta\\s+${DONE}`, { standsAlone: true }),

  rule(
    'show',
    `(?:muestra(?:me)?|ensena(?:me)?|ver|abre|dame)\\s+(?<task>(?:la\\s+)?(?:tarea\\s+)?(?:numero\\s+|#)?\\d+)`,
  ),
  rule(
    'list',
    '(?:muestra(?:me)?|ensena(?:me)?|lista(?:r|me)?|ver|mira|dame|dime|quiero ver)\\s+(?:.*\\s)?(?:tareas|pendientes|lista|todo|tengo que hacer|recordatorios)(?:\\s.*)?',
  ),
  rule(
    'list',
    'que\\s+(?:tareas\\s+)?(?:mas\\s+)?(?:tengo|debo|hay|me (?:falta|queda)|he (?:hecho|terminado|completado))(?:\\s.*)?',
  ),
  rule('list', '(?:cuales son|cuantas|que)\\s+(?:.*\\s)?(?:tareas|pendientes)(?:\\s.*)?'),
  rule('list', '(?:tengo|hay)\\s+(?:algo|alguna|tareas|algun)(?:\\s.*)?'),
  rule('list', '(?:busca(?:r|me)?|encuentra|encontrar)\\s+(?<query>.+)'),
  rule(
    'list',
    '(?:mis|todas(?: (?:mis|las))?|las)\\s+(?:tareas|pendientes)(?:\\s.*)?|(?:mi\\s+)?lista(?: de tareas)?|tareas',
    { standsAlone: true },
  ),
  rule('show', '(?<task>(?:la\\s+)?tarea\\s+(?:numero\\s+|#)?\\s*\\d+)', { standsAlone: true }),

  rule(
    'delete',
    `(?:borra|borrar|elimina|eliminar|quita|quitar|suprime|cancela|cancelar)\\s+${TASK}(?:\\s+de\\s+${LIST})?`,
  ),

  rule(
    'add_many',
    `${ADD}\\s+(?:(?:dos|tres|cuatro|cinco|varias|estas|las|siguientes|nuevas|\\d+)\\s+)*(?:tareas|recordatorios|cosas)(?=[\\s:]|$)(?:\\s+a\\s+${LIST})?\\s*:?\\s*(?<title>.*)`,
  ),
  rule(
    'add',
    `${ADD}\\s+${COUNT}(?:tarea|recordatorio|pendiente)(?<value>(?:\\s+(?:urgente|importante))?)(?:\\s+(?:a|en)\\s+${LIST})?(?:\\s*:|\\s+(?:para|de|que diga|llamada|sobre))?(?<title>(?:\\s.*)?)`,
  ),
  rule('add', `${ADD}\\s*:?(?<title>(?:\\s.+)?)`),
  rule('add', '(?:recuerdame|recordarme|acuerdame)\\s+(?<when>.+?)\\s+(?:de|que)\\s+(?<title>.+)'),
  rule('add', '(?:recuerdame|recordarme|acuerdame)(?:\\s+(?:de|que))?\\s+(?<title>.+)'),
  rule('add', 'no (?:dejes que )?(?:me )?olvid(?:es|e|ar)(?: de)?\\s+(?<title>.+)'),
  rule('add', `(?:nueva\\s+${NOUN}\\s*:?|tarea\\s*:)\\s*(?<title>.*)`),

  rule(
    'update',
    `(?:cambia|cambiar|modifica|modificar|actualiza|actualizar|edita|editar)\\s+${TASK}\\s+(?:a|por|en)\\s+(?<value>.+)`,
  ),
  rule('update', `(?:cambia|cambiar|modifica|modificar|actualiza|actualizar|edita|editar)\\s+${TASK}`),
];

const PREPOSITION =
  '(?:(?:(?:para|hasta|antes del?|a)\\s+)?(?:el|este|al|del)\\s+|(?:para|hasta|antes de)\\s+)?';
const WEEKDAYS = [
  ['lunes', 'Monday'],
  ['martes', 'Tuesday'],
  ['mi[eé]rcoles', 'Wednesday'],
  ['jueves', 'Thursday'],
  ['viernes', 'Friday'],
  ['s[aá]bado', 'Saturday'],
  ['domingo', 'Sunday'],
] as const;
const MONTHS = [
  ['enero', 'January'],
  ['febrero', 'February'],
  ['marzo', 'March'],
  ['abril', 'April'],
  ['mayo', 'May'],
  ['junio', 'June'],
  ['julio', 'July'],
  ['agosto', 'August'],
  ['septiembre', 'September'],
  ['octubre', 'October'],
  ['noviembre', 'November'],
  ['diciembre', 'December'],
] as const;

/** Spanish: the key verbs, statuses, priorities and day words; accents may be left out. */
export const spanish: Language = {
  name: 'Spanish',
  rules,
  marker: words(
    'hola|gracias|agrega(?:r|me)?|anade(?:me)?|anadir|crear?|apunta|anota|recuerdame|muestra(?:me)?|ensename|listar|dame|dime|tareas?|mis|tengo|debo|necesito|completa|termina|marca|reabre|cambia|renombra|modifica|mueve|pospon|actualiza|borra|elimina|quita|busca|encuentra|ayuda|termine|compre|llame|pague|cuales|manana|que',
    'u',
  ),
  courtesies: [
    /^(?:hola|oye|por favor|ahora|tambien|y|luego|despues|gracias|bueno|vale|entonces)(?![\p{L}\p{N}])[\s,!.:-]*/du,
    /^(?:(?:me\s+)?(?:puedes|podrias)|quiero|quisiera|me gustaria)\s+/du,
    /^[¿¡]+\s*/du,
  ],
  trailing: /[\s,]*(?:por favor|gracias)[\s.!?]*$/du,
  obligation: /^(?:tengo que|debo|necesito|hay que)\s+/du,
  sequence: /\s*[,;.]?\s+(?:y\s+)?(?:luego|despu[eé]s|a continuaci[oó]n)[\s,]+|\s*;\s*|[.!?]+(?=\s|$)\s*/giu,
  conjunction: /\s*,?\s+(?:y tambi[eé]n|y|e)\s+|\s*,\s+/giu,
  listSeparator: /\s*(?:,\s*y\s+|[,;]\s*|\s+y\s+)\s*/giu,
  taskVerb:
    /^(?:comprar|llamar|pagar|enviar|escribir|leer|limpiar|lavar|recoger|pedir|reparar|arreglar|entregar|devolver|hacer|terminar|preparar|cocinar|regar|pasear|visitar|estudiar|revisar|reservar|ir)\s+\S/u,
  followUpVerb: /^(?:preguntar|decir|tomar|revisar|ir)\s/u,
  errandVerb: /^(?:comprar|llamar|pagar|enviar|recoger|pedir|reparar|regar|reservar)\s+\S/u,
  plainTarget:
    /(?:^|\s)(?:tareas?|pendientes|todo|todas)(?:\s|$)|^(?:la\s+)?(?:numero\s+|#\s*)?\d+(?:\s*(?:,|y)\s*\d+)*$|^(?:la|lo|esa|eso|esta)$/u,
  previousTarget: /^(?:la|lo|esa|eso|esta|esa tarea|esta tarea)$/u,
  everyTarget:
    /^(?:todo|todas|todas (?:mis |las )?tareas(?: (?<status>completadas|terminadas|pendientes|hechas))?|(?:mis|las) tareas(?: (?<state>completadas|terminadas|pendientes|hechas))?)$/du,
  positions: [
    [/^la primera(?: tarea)?$/u, 1],
    [/^la segunda(?: tarea)?$/u, 2],
    [/^la tercera(?: tarea)?$/u, 3],
    [/^la ultima(?: tarea)?$/u, -1],
  ],
  targetFrame: [
    /^(?:la|el|las|los|mi|mis|esa|esta)\s+/u,
    /^tareas?\s+(?:de\s+|del\s+|sobre\s+|para\s+|llamada\s+)?(?:la\s+|el\s+)?/u,
    /\s+tareas?$/u,
  ],
  statuses: [
    [
      /(?:pendiente|abierta|sin (?:hacer|terminar)|no (?:hechas|completadas|terminadas)|tengo que|debo|falta|queda|atrasad|vencid)/u,
      'pending',
    ],
    [/(?:completad|terminad|hech[ao]s?|finalizad|acabad)/u, 'completed'],
  ],
  listWords: words(
    'muestra(?:me)?|ensena(?:me)?|lista(?:r|me)?|ver|mira|dame|dime|quiero|busca(?:r|me)?|encuentra|encontrar|que|cuales|cuantas|son|tengo|debo|hay|he|me|mi|mis|la|las|los|el|todas?|todo|algo|alguna?|algun|mas|falta|queda|hacer|tareas?|pendientes?|recordatorios|de|del|sobre|con|para|por|en|a|al|y|sin|no|abiertas?|completad[oa]s?|terminad[oa]s?|hech[oa]s?|finalizad[oa]s?|atrasad[oa]s?|vencid[oa]s?|etiquetad[oa]s?|ahora|favor|relacionad[oa]s?',
  ),
  listPriority: words('urgentes?|importantes?|(?:de )?prioridad (?:alta|media|baja)|alta prioridad'),
  priorities: [
    [/[\s,(]*(?<!\p{L})(?:con\s+)?(?:prioridad alta|alta prioridad)(?!\p{L})/iu, 'high'],
    [/[\s,(]*(?<!\p{L})(?:con\s+)?(?:prioridad media)(?!\p{L})/iu, 'medium'],
    [/[\s,(]*(?<!\p{L})(?:con\s+)?(?:prioridad baja|baja prioridad)(?!\p{L})/iu, 'low'],
    [
      /[\s,(]*(?<!\p{L})(?:con\s+)?prioridad urgente(?!\p{L})|[\s,(]+(?:es\s+)?(?:muy\s+)?urgente[\s)!.]*$|^urgente[\s:,!]+/iu,
      'urgent',
    ],
    [/[\s,(]+(?:es\s+)?(?:muy\s+)?importante[\s)!.]*$|^importante[\s:!]+/iu, 'high'],
  ],
  priorityValues: [
    [/no urgente|baja/u, 'low'],
    [/urgente/u, 'urgent'],
    [/importante|alta/u, 'high'],
    [/media/u, 'medium'],
  ],
  tagged:
    /[\s,]*(?<!\p{L})(?:etiquetad[oa]|con (?:la )?etiquetas?)\s+(?:como\s+)?(?<tags>[\p{L}\p{N}#_-]+(?:(?:\s*,\s*|\s+y\s+)[\p{L}\p{N}#_-]+){0,5})[\s.]*$/iu,
  described:
    /[\s,.(]+(?:con\s+(?:la\s+)?(?:descripci[oó]n|nota)|descripci[oó]n:|nota:)\s*:?\s*(?<text>[\uE000-\uF8FF]|.+)/iu,
  titleFrame: [
    /^(?:de|que|para|llamada|sobre)\s+/iu,
    /\s+(?:a|en)\s+(?:mi|la)\s+lista(?:\s+de\s+(?:tareas|pendientes))?$/iu,
    /[\s,]+(?:para|el|antes|del?|a|al|y|con|por favor)$/iu,
  ],
  dateWords: [
    [words('(?:para\\s+)?pasado ma[nñ]ana'), 'the day after tomorrow'],
    [words('(?:para\\s+|hasta\\s+|antes de\\s+)?ma[nñ]ana (?:por|en) la ma[nñ]ana'), 'tomorrow morning'],
    [words('(?:para\\s+|hasta\\s+|antes de\\s+)?ma[nñ]ana (?:por|en) la tarde'), 'tomorrow afternoon'],
    [words('(?:para\\s+|hasta\\s+|antes de\\s+)?ma[nñ]ana (?:por|en) la noche'), 'tomorrow night'],
    [words('(?:por|en) la ma[nñ]ana'), 'in the morning'],
    [words('esta noche'), 'tonight'],
    [words('esta tarde'), 'this afternoon'],
    [words('(?:para\\s+|hasta\\s+|antes de\\s+|a\\s+)?ma[nñ]ana'), 'tomorrow'],
    [words('(?:para\\s+)?hoy'), 'today'],
    ...WEEKDAYS.flatMap(([day, english]) => [
      [
        words(`${PREPOSITION}(?:pr[oó]ximo\\s+${day}|${day}\\s+(?:que viene|pr[oó]ximo))`),
        `next ${english}`,
      ] as const,
      [words(`${PREPOSITION}${day}`), `on ${english}`] as const,
    ]),
    [words('(?:(?:para|en)\\s+)?la (?:pr[oó]xima semana|semana que viene)'), 'next week'],
    [words('(?:(?:para|en)\\s+)?esta semana'), 'this week'],
    [words('(?:(?:para|en)\\s+)?(?:el|este) fin de semana'), 'this weekend'],
    [words('en una semana'), 'in 1 week'],
    [words('en una hora'), 'in 1 hour'],
    [words('en dos d[ií]as'), 'in 2 days'],
    [words('en (\\d+) d[ií]as?'), 'in $1 days'],
    [words('en (\\d+) semanas?'), 'in $1 weeks'],
    [words('en (\\d+) horas?'), 'in $1 hours'],
    ...MONTHS.map(
      ([month, english]) => [words(`${PREPOSITION}(\\d{1,2}) de ${month}`), `on $1 ${english}`] as const,
    ),
    [words('a las? (\\d{1,2}(?::\\d\\d)?) de la (?:tarde|noche)'), 'at $1pm'],
    [words('a las? (\\d{1,2}(?::\\d\\d)?) de la ma[nñ]ana'), 'at $1am'],
    [words('a las? (\\d{1,2}:\\d\\d)'), 'at $1'],
    [words('a las? (\\d{1,2})\\s*(am|pm)'), 'at $1$2'],
    [words('a las? (\\d{1,2})'), 'at $1:00'],
  ],
  infinitives: Object.fromEntries(
    'compre:comprar comprado:comprar llame:llamar llamado:llamar pague:pagar pagado:pagar envie:enviar enviado:enviar escribi:escribir escrito:escribir limpie:limpiar limpiado:limpiar lei:leer leido:leer'
      .split(' ')
      .map((pair) => pair.split(':') as [string, string]),
  ),
};
